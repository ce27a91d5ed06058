package rest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// TestATokenIsRenewed: before it ends, and when a server says that it has ended; one that never worked is not asked for twice.
func TestATokenIsRenewed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refuse func(n int32, token string) bool // the n-th request
		pass   time.Duration                    // between requests
		tokens int32
		asked  int32
		fails  bool
	}{
		"one is enough":                {func(int32, string) bool { return false }, time.Second, 1, 6, false},
		"a minute is over":             {func(int32, string) bool { return false }, 20 * time.Second, 2, 6, false},
		"ended early":                  {func(n int32, token string) bool { return n >= 3 && token == "Bearer t1" }, 0, 2, 7, false},
		"never accepted":               {func(int32, string) bool { return true }, 0, 1, 1, true},
		"not accepted any more":        {func(n int32, _ string) bool { return n >= 3 }, 0, 2, 4, true},
		"refused now and then, for ok": {func(n int32, _ string) bool { return n == 2 }, 0, 2, 7, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tokens, asked atomic.Int32
			mux := http.NewServeMux()
			mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
				reply(w, fmt.Sprintf(`{"access_token":"t%d","expires_in":60}`, tokens.Add(1)))
			})
			mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
				if test.refuse(asked.Add(1), r.Header.Get("Authorization")) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				reply(w, `[]`)
			})
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			endpoint, err := rest.Base("token-url", server.URL+"/token")
			if err != nil {
				t.Fatal(err)
			}
			c, clock := client(t, server.URL, rest.ClientCredentials(endpoint, "me", func() (string, error) { return secret, nil }, ""))
			failed := false
			for range 6 {
				_, err := c.Get(t.Context(), "/")
				failed = failed || err != nil
				_ = clock.Wait(t.Context(), test.pass)
			}
			if failed != test.fails || tokens.Load() != test.tokens || asked.Load() != test.asked {
				t.Errorf("failed %t with %d tokens and %d requests; want %+v", failed, tokens.Load(), asked.Load(), test)
			}
		})
	}
}

// TestNoCredential: what fetching it says is an error without the secret, and nothing is asked.
func TestNoCredential(t *testing.T) {
	t.Parallel()
	answer := map[string]func(http.ResponseWriter){
		"/refused": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":"%s is wrong"}`, secret)
		},
		"/empty": func(w http.ResponseWriter) { reply(w, `{"access_token":""}`) },
		"/html":  func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"/moved": func(w http.ResponseWriter) {
			w.Header().Set("Location", "/empty")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"/busy": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	var fetched atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			t.Errorf("%s was asked for without a credential", r.URL)
		}
		fetched.Add(1)
		answer[r.URL.Path](w)
	}))
	t.Cleanup(server.Close)
	auths := map[string]rest.Auth{
		"an unreadable secret": rest.Token("Bearer", func() (string, error) { return "", errors.New("no such file") }),
		"an empty secret":      rest.Token("Bearer", func() (string, error) { return " \n", nil }),
		"a key that is none":   rest.ClientKey(must(t, server.URL+"/refused"), "me", func() (string, error) { return secret, nil }, "k", ""),
	}
	for path := range answer {
		auths[path] = rest.ClientCredentials(must(t, server.URL+path), "me", func() (string, error) { return secret, nil }, "all")
	}
	for name, auth := range auths {
		c, _ := client(t, server.URL, auth)
		_, first := c.Get(t.Context(), "/things")
		_, second := c.Get(t.Context(), "/things")
		for _, err := range []error{first, second} {
			if err == nil || strings.Contains(err.Error(), secret) || !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if int(fetched.Load()) != len(answer) {
		t.Errorf("credentials were asked for %d times", fetched.Load())
	}
}

func must(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := rest.Base("token-url", raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestSignedStatements: what a client signs can be verified by who knows its key, and says what RFC 7523 asks for.
func TestSignedStatements(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		text   string
		public any
	}{
		"PKCS#1":         {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), &rsaKey.PublicKey},
		"PKCS#8":         {block("PRIVATE KEY", pkcs8(t, rsaKey)), &rsaKey.PublicKey},
		"SEC 1":          {block("EC PRIVATE KEY", sec1), &curve.PublicKey},
		"PKCS#8, curve":  {block("PRIVATE KEY", pkcs8(t, curve)), &curve.PublicKey},
		"too short":      {block("PRIVATE KEY", pkcs8(t, weak)), nil},
		"another curve":  {block("PRIVATE KEY", pkcs8(t, other)), nil},
		"a certificate":  {block("CERTIFICATE", []byte("x")), nil},
		"broken":         {block("PRIVATE KEY", []byte("x")), nil},
		"no PEM at all":  {secret, nil},
		"nothing at all": {"", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					reply(w, `[]`)
					return
				}
				signed, err := jose.ParseSigned(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
				if err != nil || signed.Signatures[0].Header.KeyID != "key-1" || r.FormValue("grant_type") != "client_credentials" {
					t.Errorf("%v: %v", r.Form, err)
					return
				}
				content, err := signed.Verify(test.public)
				if err != nil || json.Unmarshal(content, &got) != nil {
					t.Errorf("%v", err)
				}
				reply(w, `{"access_token":"t"}`)
			}))
			t.Cleanup(server.Close)
			c, clock := client(t, server.URL, rest.ClientKey(must(t, server.URL+"/token"), "me", func() (string, error) { return test.text, nil }, "key-1", "a b"))
			_, err := c.Get(t.Context(), "/")
			if test.public == nil {
				if err == nil || got != nil || strings.Contains(err.Error(), secret) {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err != nil || got["iss"] != "me" || got["sub"] != "me" || got["aud"] != server.URL+"/token" || got["jti"] == "" ||
				got["exp"] != float64(clock.Now().Add(5*time.Minute).Unix()) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func block(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	out, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
