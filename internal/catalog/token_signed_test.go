package catalog_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// claimsOf reads what a signed token says.
func claimsOf(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JSON Web Token", token)
	}
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// sign makes a token of claims under a key.
func sign(t *testing.T, header, claims map[string]any, key string) string {
	t.Helper()
	segment := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	body := segment(header) + "." + segment(claims)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestWhatASignedTokenSays(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx, ann := t.Context(), h.people["ann"]
	of := func(made catalog.IssuedToken, _ authz.Token, err error) (catalog.IssuedToken, map[string]any) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		header, claims := claimsOf(t, made.Secret)
		if header["alg"] != "HS256" || header["typ"] != "JWT" || claims["iss"] != "Terrakube" || claims["aud"] != "Terrakube" {
			t.Errorf("header %v, claims %v", header, claims)
		}
		if claims["jti"] != made.ID || claims["iat"] != float64(made.CreatedAt.Unix()) {
			t.Errorf("of the token %s of %v it says %v", made.ID, made.CreatedAt, claims)
		}
		return made, claims
	}
	team, claims := of(h.IssueGroupToken(ctx, ann, "inner", catalog.SignedTerms{Description: "deploys", Life: time.Hour}))
	if claims["email"] != "ann@example.com" || claims["name"] != "inner (Token)" || claims["description"] != "deploys" || claims["exp"] != float64(team.ExpiresAt.Unix()) {
		t.Errorf("a team token says %v", claims)
	}
	if got, want := team.ExpiresAt.Sub(team.CreatedAt), time.Hour; got != want {
		t.Errorf("it lives %v, want %v", got, want)
	}
	_, claims = of(h.IssuePersonalToken(ctx, ann, catalog.SignedTerms{}))
	if claims["email"] != "ann@example.com" || claims["name"] != "ann (Token)" {
		t.Errorf("a personal token says %v", claims)
	}
	if want := []string{"aud", "email", "exp", "iat", "iss", "jti", "name"}; !slices.Equal(slices.Sorted(maps.Keys(claims)), want) {
		t.Errorf("a personal token says %v, want %v and nothing of groups", claims, want)
	}
	_, claims = of(h.IssuePersonalToken(ctx, ann, catalog.SignedTerms{Endless: true}))
	if _, ends := claims["exp"]; ends {
		t.Errorf("an endless token says %v", claims)
	}
	made, _ := of(h.IssuePersonalToken(ctx, ann, catalog.SignedTerms{Attributes: `{"days":0}`}))
	stored, err := h.Store.Token(ctx, made.ID)
	if sum := sha256.Sum256([]byte(made.Secret)); err != nil || !slices.Equal(stored.Hash, sum[:]) || stored.Attributes != `{"days":0}` {
		t.Errorf("kept is %+v, %v", stored, err)
	}
}

// TestASignedTokenIsItsDigest: whatever differs from the token that was made is no token, whoever signed it.
func TestASignedTokenIsItsDigest(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	issue := func(p catalog.Principal, life time.Duration) catalog.IssuedToken {
		t.Helper()
		made, _, err := h.IssuePersonalToken(ctx, p, catalog.SignedTerms{Life: life})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	good, others, revoked, short := issue(h.people["ann"], 0), issue(h.people["cid"], 0), issue(h.people["ann"], 0), issue(h.people["ann"], time.Minute)
	if _, err := h.EndPersonalToken(ctx, h.people["ann"], revoked.ID); err != nil {
		t.Fatal(err)
	}
	plain, _, err := h.IssueUserToken(ctx, h.people["ann"], h.people["ann"].Subject.ID, catalog.TokenTerms{})
	if err != nil {
		t.Fatal(err)
	}
	header, claims := claimsOf(t, good.Secret)
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(claims)
		changed[name] = value
		return changed
	}
	parts := strings.Split(good.Secret, ".")
	theirs := strings.Split(others.Secret, ".")
	cases := map[string]string{
		"signed again with the same claims":     sign(t, header, claims, "a key of my own"),
		"signed with no key":                    sign(t, header, claims, ""),
		"of another person":                     sign(t, header, with("email", "owner@example.com"), "x"),
		"with groups of its own":                sign(t, header, with("groups", []string{"admins"}), "x"),
		"with a later end":                      sign(t, header, with("exp", 1<<40), "x"),
		"with the id of another token":          sign(t, header, with("jti", others.ID), "x"),
		"with the id of a token of our form":    sign(t, header, with("jti", plain.ID), "x"),
		"with an id that never was":             sign(t, header, with("jti", "at-1111111111111111"), "x"),
		"with an id that is none":               sign(t, header, with("jti", "x' OR 1=1 --"), "x"),
		"with an id that is a number":           sign(t, header, with("jti", 7), "x"),
		"with two issuers":                      sign(t, header, with("iss", []string{"Terrakube"}), "x"),
		"of another issuer":                     sign(t, header, with("iss", "TerrakubeInternal"), "x"),
		"unsigned":                              sign(t, map[string]any{"alg": "none"}, claims, "x"),
		"without a signature":                   parts[0] + "." + parts[1] + ".",
		"without the signature's place":         parts[0] + "." + parts[1],
		"with another's signature":              parts[0] + "." + parts[1] + "." + theirs[2],
		"with another's claims":                 parts[0] + "." + theirs[1] + "." + parts[2],
		"with a dot more":                       good.Secret + ".",
		"with padding":                          good.Secret + "=",
		"with the same signature in other bits": parts[0] + "." + parts[1] + "." + otherBits(parts[2]),
		"with a blank":                          good.Secret + " ",
		"revoked":                               revoked.Secret,
		"claims that are no JSON":               parts[0] + ".e30x." + parts[2],
		"empty parts":                           "..",
		"huge":                                  parts[0] + "." + strings.Repeat("A", 1<<20) + "." + parts[2],
		"huge, and well-formed":                 sign(t, header, with("name", strings.Repeat("n", 1<<20)), "x"),
		"deep":                                  parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("[", 5000))) + "." + parts[2],
	}
	for name, secret := range cases {
		if _, err := h.enter(ctx, secret); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, made := range []catalog.IssuedToken{good, others, short, plain} {
		if p, err := h.enter(ctx, made.Secret); err != nil || p.TokenID != made.ID {
			t.Errorf("the token itself: %+v, %v", p, err)
		}
	}
	h.ahead.Store(int64(time.Minute))
	if _, err := h.enter(ctx, short.Secret); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("expired: %v", err)
	}
}

// otherBits writes a segment with other unused bits at its end, which decode to the same bytes.
func otherBits(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	return segment[:len(segment)-1] + string(alphabet[last^1])
}

// TestAGroupIsLeftAtOnce: a personal token holds what its owner holds now, not what he held when it was made.
func TestAGroupIsLeftAtOnce(t *testing.T) {
	t.Parallel()
	h := newHamlet(t)
	ctx := t.Context()
	made, _, err := h.IssuePersonalToken(ctx, h.people["ann"], catalog.SignedTerms{})
	if err != nil {
		t.Fatal(err)
	}
	groups := func() (names []string) {
		p, err := h.enter(ctx, made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.OwnGroups(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range all {
			names = append(names, g.DisplayName)
		}
		return names
	}
	if got, want := groups(), []string{"inner", "outer"}; !slices.Equal(got, want) {
		t.Errorf("in the group: %v, want %v", got, want)
	}
	change(t, h.Bench, func(ctx context.Context, c *catalog.Change) error {
		return c.RemoveGroupMember(ctx, h.inner.ID, h.people["ann"].Subject.ID)
	})
	if got := groups(); len(got) != 0 {
		t.Errorf("after leaving it: %v", got)
	}
	if _, _, err := h.IssueGroupToken(ctx, h.people["ann"], "inner", catalog.SignedTerms{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a token of the group that was left: %v", err)
	}
}
