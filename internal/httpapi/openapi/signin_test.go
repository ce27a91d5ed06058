package openapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// signIn goes the way of `terraform login`, and takes a few wrong turns.
func (w *town) signIn() {
	w.idp.Person(w.idp.Claims("ann", nil))
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Transport: w.contract, Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login" { // where the command line listens
			return http.ErrUseLastResponse
		}
		return nil
	}}
	const verifier, listens = "a-verifier-that-only-the-command-line-knows-0123456789", "http://localhost:10003/login"
	sum := sha256.Sum256([]byte(verifier))
	_, page := w.visit(browser, "GET", "/oauth/authorize", url.Values{
		"client_id": {"terraform-cli"}, "response_type": {"code"}, "redirect_uri": {listens}, "state": {"s"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	})
	secret := regexp.MustCompile(`name="secret" value="([^"]*)"`).FindStringSubmatch(page)
	if secret == nil {
		w.t.Fatalf("there is nothing to approve: %s", page)
	}
	location, _ := w.visit(browser, "POST", "/oauth/approve", url.Values{"secret": {html.UnescapeString(secret[1])}, "decision": {"approve"}})
	to, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"terraform-cli"}, "code": {to.Query().Get("code")}, "redirect_uri": {listens}, "code_verifier": {verifier}}
	if _, body := w.visit(browser, "POST", "/oauth/token", form); !strings.Contains(body, "access_token") {
		w.t.Errorf("there is no token: %s", body)
	}
	w.visit(browser, "POST", "/oauth/token", form) // the code was used
	form.Set("client_id", "somebody")
	w.visit(browser, "POST", "/oauth/token", form)
	w.visit(browser, "GET", "/oauth/authorize", nil)
	w.visit(browser, "GET", "/oauth/callback", nil)
	w.visit(browser, "POST", "/oauth/approve", url.Values{"secret": {"wrong"}})
}

// visit opens a page or sends a form, and returns where the answer leads and what it says.
func (w *town) visit(browser *http.Client, method, path string, values url.Values) (location, body string) {
	w.t.Helper()
	address, form := w.URL+path, values.Encode()
	if method == http.MethodGet {
		address, form = address+"?"+form, ""
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.Header.Get("Location"), string(raw)
}
