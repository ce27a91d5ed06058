package rest

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Token returns the credential that a secret is, behind a scheme such as Bearer or SSWS.
func Token(scheme string, secret Secret) Auth {
	return func(context.Context, Courier) (Credential, error) {
		value, err := secret.Read("token")
		return Credential{Value: scheme + " " + value}, err
	}
}

// ClientCredentials returns an access token of a client that proves itself by its secret (RFC 6749 section 4.4).
func ClientCredentials(endpoint *url.URL, id string, secret Secret, scope string) Auth {
	return func(ctx context.Context, c Courier) (Credential, error) {
		value, err := secret.Read("client secret")
		if err != nil {
			return Credential{}, err
		}
		return c.grant(ctx, endpoint, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {value}, "scope": {scope},
		})
	}
}

// ClientKey returns an access token of a client that proves itself by a signature (RFC 7523 section 2.2).
func ClientKey(endpoint *url.URL, id string, key Secret, keyID, scope string) Auth {
	return func(ctx context.Context, c Courier) (Credential, error) {
		signed, err := sign(key, keyID, statement{Issuer: id, Subject: id, Audience: endpoint.String()}, c.Now())
		if err != nil {
			return Credential{}, err
		}
		return c.grant(ctx, endpoint, url.Values{
			"grant_type": {"client_credentials"}, "scope": {scope}, "client_assertion": {signed},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		})
	}
}

// Bearing returns an access token of an account in whose name another one signs (RFC 7523 section 2.1).
func Bearing(endpoint *url.URL, issuer, subject, scope string, key Secret, keyID string) Auth {
	return func(ctx context.Context, c Courier) (Credential, error) {
		signed, err := sign(key, keyID, statement{Issuer: issuer, Subject: subject, Audience: endpoint.String(), Scope: scope}, c.Now())
		if err != nil {
			return Credential{}, err
		}
		return c.grant(ctx, endpoint, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed}})
	}
}

const shortest = time.Minute // what a token lasts of which nothing is said

// grant asks a token endpoint.
func (c Courier) grant(ctx context.Context, endpoint *url.URL, form url.Values) (Credential, error) {
	if form.Get("scope") == "" {
		form.Del("scope")
	}
	reply, err := c.Post(ctx, endpoint, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
	if err != nil {
		return Credential{}, err
	}
	var answer struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if err := reply.Decode(&answer); err != nil {
		return Credential{}, err
	}
	if answer.AccessToken == "" {
		return Credential{}, reply.Missing("access_token")
	}
	lasts := shortest
	if answer.ExpiresIn > 0 {
		lasts = time.Duration(answer.ExpiresIn) * time.Second
	}
	return Credential{Value: "Bearer " + answer.AccessToken, Expires: c.Now().Add(lasts)}, nil
}

// Expiring returns a credential that ends at a time in RFC 3339, or soon where that is none.
func Expiring(value, end string, now time.Time) Credential {
	expires, err := time.Parse(time.RFC3339, end)
	if err != nil {
		expires = now.Add(shortest)
	}
	return Credential{Value: value, Expires: expires}
}
