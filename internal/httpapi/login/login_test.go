package login_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/config"
	"github.com/terrawarden/terrawarden/internal/testkit"
)

// site is a service where people sign in, and who they are.
type site struct {
	*testkit.Running
	idp *testkit.IdentityProvider
}

func start(t *testing.T, change ...func(*config.Config)) *site {
	t.Helper()
	idp := testkit.OIDC(t)
	idp.Person(idp.Claims("ann", nil))
	trust := func(c *config.Config) { c.OIDC = []config.Issuer{idp.SignsIn()} }
	return &site{testkit.App(t, append([]func(*config.Config){trust}, change...)...), idp}
}

// browser is a person's browser. It stops where the command line listens.
type browser struct{ *http.Client }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login" {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// seen is what the browser ends at: a page, or the address of the command line.
type seen struct {
	status int
	header http.Header
	body   string
	url    *url.URL // of the page
	sentTo *url.URL
}

func (b *browser) do(t *testing.T, req *http.Request) seen {
	t.Helper()
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if closeErr := res.Body.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	s := seen{status: res.StatusCode, header: res.Header, body: string(raw), url: res.Request.URL}
	if at := res.Header.Get("Location"); at != "" {
		if s.sentTo, err = url.Parse(at); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (b *browser) open(t *testing.T, address string) seen {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.do(t, req)
}

// send sends the form of a page, with one of its buttons.
func (b *browser) send(t *testing.T, on seen, button string) seen {
	t.Helper()
	action := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindStringSubmatch(on.body)
	secret := regexp.MustCompile(`name="secret" value="([^"]*)"`).FindStringSubmatch(on.body)
	if action == nil || secret == nil {
		t.Fatalf("the page %s has no form: %d %s", on.url, on.status, on.body)
	}
	to, err := on.url.Parse(html.UnescapeString(action[1]))
	if err != nil {
		t.Fatal(err)
	}
	return b.post(t, to.String(), url.Values{"secret": {html.UnescapeString(secret[1])}, "decision": {button}})
}

func (b *browser) post(t *testing.T, address string, form url.Values) seen {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(t, req)
}

const (
	verifier = "a-verifier-that-only-the-command-line-knows-0123456789"
	cliState = "state-of-the-command-line"
	listens  = "http://localhost:10003/login"
)

// asks is what the command line opens the browser with, with changes.
func (s *site) asks(change map[string]string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {"terraform-cli"}, "response_type": {"code"}, "redirect_uri": {listens}, "state": {cliState},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for name, value := range change {
		q.Set(name, value)
	}
	return s.URL + "/oauth/authorize?" + q.Encode()
}

// approved takes the whole way to a code.
func (s *site) approved(t *testing.T) string {
	t.Helper()
	b := newBrowser(t)
	end := b.send(t, b.open(t, s.asks(nil)), "approve")
	if end.sentTo == nil || !strings.HasPrefix(end.sentTo.String(), listens+"?") || end.sentTo.Query().Get("state") != cliState || end.sentTo.Query().Get("code") == "" {
		t.Fatalf("approved: %d, sent to %v %s", end.status, end.sentTo, end.body)
	}
	return end.sentTo.Query().Get("code")
}

// redeem changes a code for a token as the command line does.
func (s *site) redeem(t *testing.T, code string, change map[string]string) (token, problem string, status int) {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {listens}, "client_id": {"terraform-cli"}, "code_verifier": {verifier}}
	for name, value := range change {
		form.Set(name, value)
	}
	got := s.Call(t, http.MethodPost, "/oauth/token", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
		Error string `json:"error"`
	}
	got.Decode(t, &answer)
	if (answer.Token != "") != (got.Status == http.StatusOK && answer.Type == "bearer") || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the token's answer is %d %v %s", got.Status, got.Header, got.Body)
	}
	return answer.Token, answer.Error, got.Status
}

func TestTerraformLogin(t *testing.T) {
	t.Parallel()
	s := start(t)
	var discovered struct {
		Login struct {
			Client string   `json:"client"`
			Grants []string `json:"grant_types"`
			Authz  string   `json:"authz"`
			Token  string   `json:"token"`
			Ports  []int    `json:"ports"`
		} `json:"login.v1"`
	}
	s.Call(t, http.MethodGet, "/.well-known/terraform.json", "", "").Decode(t, &discovered)
	if d := discovered.Login; d.Client != "terraform-cli" || len(d.Grants) != 1 || d.Grants[0] != "authz_code" || d.Authz != "/oauth/authorize" || d.Token != "/oauth/token" || len(d.Ports) != 2 || d.Ports[0] != 10000 || d.Ports[1] != 10010 {
		t.Errorf("discovery says %+v", d)
	}
	b := newBrowser(t)
	asked := b.open(t, s.asks(nil))
	if asked.status != http.StatusOK || !strings.Contains(asked.body, "ann@example.com") || !strings.Contains(asked.body, "http://localhost:10003") {
		t.Fatalf("the page that asks: %d %s", asked.status, asked.body)
	}
	end := b.send(t, asked, "approve")
	if end.sentTo == nil || end.status != http.StatusSeeOther {
		t.Fatalf("approved: %d %s", end.status, end.body)
	}
	token, problem, _ := s.redeem(t, end.sentTo.Query().Get("code"), nil)
	if !strings.HasPrefix(token, "twn_") {
		t.Fatalf("token %q, %s", token, problem)
	}
	var mine struct {
		Tokens []struct {
			Kind, Name, Description string
			Created                 time.Time `json:"created_at"`
			Expires                 time.Time `json:"expires_at"`
		} `json:"tokens"`
	}
	s.Call(t, http.MethodGet, "/admin/v1/tokens", token, "").Decode(t, &mine)
	if len(mine.Tokens) != 1 || mine.Tokens[0].Kind != "user" || mine.Tokens[0].Name != "ann@example.com" || mine.Tokens[0].Description != "terraform login" {
		t.Errorf("tokens %+v", mine.Tokens)
	}
	if made := mine.Tokens[0]; !made.Expires.Equal(made.Created.AddDate(2, 0, 0)) {
		t.Errorf("made at %v, it ends at %v", made.Created, made.Expires)
	}
	// The same person comes back as the same user.
	again, _, _ := s.redeem(t, s.approved(t), nil)
	s.Call(t, http.MethodGet, "/admin/v1/tokens", again, "").Decode(t, &mine)
	if len(mine.Tokens) != 2 || again == token {
		t.Errorf("after the second login he has the tokens %+v", mine.Tokens)
	}
	for _, secret := range []string{token, end.sentTo.Query().Get("code"), testkit.OIDCSecret} {
		if strings.Contains(s.Log(), secret) {
			t.Error("the log shows a secret")
		}
	}
}

// Some clients send their id in the header.
func TestClientInTheHeader(t *testing.T) {
	t.Parallel()
	s := start(t)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {s.approved(t)}, "redirect_uri": {listens}, "code_verifier": {verifier}}
	basic := func(id string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":")) }
	call := func(id string) testkit.Reply {
		return s.Call(t, http.MethodPost, "/oauth/token", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", basic(id))
	}
	if got := call("other"); got.Status != http.StatusUnauthorized || !strings.Contains(got.Body, "invalid_client") {
		t.Errorf("another client: %d %s", got.Status, got.Body)
	}
	if got := call("terraform-cli"); got.Status != http.StatusOK {
		t.Errorf("terraform: %d %s", got.Status, got.Body)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	s := start(t)
	used := s.approved(t)
	if token, _, _ := s.redeem(t, used, nil); token == "" {
		t.Fatal("a good code gives no token")
	}
	other := s.approved(t)
	tests := map[string]struct {
		code   string
		change map[string]string
		want   string
	}{
		"a code that was used":             {used, nil, "invalid_grant"},
		"another verifier":                 {other, map[string]string{"code_verifier": verifier + "x"}, "invalid_grant"},
		"no verifier":                      {other, map[string]string{"code_verifier": ""}, "invalid_grant"},
		"the challenge as the verifier":    {other, map[string]string{"code_verifier": "challenge"}, "invalid_grant"},
		"another place to send it to":      {other, map[string]string{"redirect_uri": "http://localhost:10004/login"}, "invalid_grant"},
		"no place":                         {other, map[string]string{"redirect_uri": ""}, "invalid_grant"},
		"another client":                   {other, map[string]string{"client_id": "other"}, "invalid_client"},
		"no client":                        {other, map[string]string{"client_id": ""}, "invalid_client"},
		"another grant":                    {other, map[string]string{"grant_type": "password"}, "unsupported_grant_type"},
		"a code that was changed":          {other[:len(other)-2] + "AA", nil, "invalid_grant"},
		"a word":                           {"code", nil, "invalid_grant"},
		"no code":                          {"", nil, "invalid_grant"},
		"a code of another process's seal": {start(t).approved(t), nil, "invalid_grant"},
	}
	for name, test := range tests {
		token, problem, status := s.redeem(t, test.code, test.change)
		if token != "" || problem != test.want || status < 400 || status > 401 {
			t.Errorf("%s: %d %q, want %s", name, status, problem, test.want)
		}
	}
	if token, problem, _ := s.redeem(t, other, nil); token == "" { // none of them used it up
		t.Errorf("the code itself: %s", problem)
	}
}

func TestCodeOfSomebodyWhoIsSuspended(t *testing.T) {
	t.Parallel()
	s := start(t)
	code := s.approved(t)
	token, _, _ := s.redeem(t, s.approved(t), nil)
	suspend(t, s, "ann@example.com")
	if token, problem, _ := s.redeem(t, code, nil); token != "" || problem != "invalid_grant" {
		t.Errorf("a code from before gives %q, %s", token, problem)
	}
	if got := s.Call(t, http.MethodGet, "/admin/v1/tokens", token, ""); got.Status != http.StatusUnauthorized {
		t.Errorf("a token from before: %d", got.Status)
	}
	if page := newBrowser(t).open(t, s.asks(nil)); page.status != http.StatusForbidden || strings.Contains(page.body, "<form") || !strings.Contains(page.body, "not active") {
		t.Errorf("signing in: %d %s", page.status, page.body)
	}
}

func suspend(t *testing.T, s *site, username string) {
	t.Helper()
	got := s.Call(t, http.MethodGet, "/api/v2/admin/users?q="+url.QueryEscape(username), s.SiteToken, "")
	var users struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	got.Decode(t, &users)
	if len(users.Data) != 1 {
		t.Fatalf("users: %d %s", got.Status, got.Body)
	}
	if got := s.Call(t, http.MethodPost, "/api/v2/admin/users/"+users.Data[0].ID+"/actions/suspend", s.SiteToken, ""); got.Status != http.StatusOK {
		t.Fatalf("suspend: %d %s", got.Status, got.Body)
	}
}

// What is asked for wrongly is shown, and sent nowhere.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, change := range map[string]map[string]string{
		"another client":                    {"client_id": "other"},
		"a foreign place":                   {"redirect_uri": "https://evil.example/login"},
		"a foreign place like ours":         {"redirect_uri": "http://localhost:10003.evil.example/login"},
		"a foreign place with our name":     {"redirect_uri": "http://localhost:10003@evil.example/login"},
		"another path":                      {"redirect_uri": "http://localhost:10003/login/../x"},
		"another port":                      {"redirect_uri": "http://localhost:10011/login"},
		"another scheme":                    {"redirect_uri": "https://localhost:10003/login"},
		"a fragment":                        {"redirect_uri": "http://localhost:10003/login#x"},
		"a query":                           {"redirect_uri": "http://localhost:10003/login?x=1"},
		"no place":                          {"redirect_uri": ""},
		"a token at once":                   {"response_type": "token"},
		"no challenge":                      {"code_challenge": ""},
		"a challenge that is the verifier":  {"code_challenge_method": "plain"},
		"a challenge of another length":     {"code_challenge": "AAAA"},
		"an issuer that is not configured":  {"issuer": "https://evil.example"},
		"a state of more than all requests": {"state": strings.Repeat("x", 600)},
	} {
		b := newBrowser(t)
		page := b.open(t, s.asks(change))
		if page.status != http.StatusBadRequest || page.sentTo != nil || len(page.header.Values("Set-Cookie")) > 0 || !strings.Contains(page.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %v, sent to %v", name, page.status, page.header, page.sentTo)
		}
	}
	if page := newBrowser(t).open(t, s.asks(map[string]string{"redirect_uri": "http://127.0.0.1:10010/login"})); page.status != http.StatusOK {
		t.Errorf("another name of this computer: %d", page.status)
	}
}

// halfway signs in and stops on the way back: it returns the address that the identity provider sends the browser to.
func halfway(t *testing.T, s *site, b *browser) string {
	t.Helper()
	var back string
	follow := b.CheckRedirect
	b.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Path == "/oauth/callback" {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return follow(r, via)
	}
	b.open(t, s.asks(nil))
	b.CheckRedirect = follow
	if back == "" {
		t.Fatal("the identity provider sends the browser nowhere")
	}
	return back
}

func TestSignInsThatAreForged(t *testing.T) {
	t.Parallel()
	s := start(t)
	victim, attacker := newBrowser(t), newBrowser(t)
	back := halfway(t, s, attacker)
	halfway(t, s, victim)
	refused := func(what string, page seen) {
		t.Helper()
		if page.status < 400 || strings.Contains(page.body, "<form") || page.sentTo != nil {
			t.Errorf("%s: %d, sent to %v %s", what, page.status, page.sentTo, page.body)
		}
	}
	changed := func(name, value string) string {
		u, err := url.Parse(back)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	refused("a sign-in of another browser", victim.open(t, back))
	refused("another state", attacker.open(t, changed("state", "forged")))
	refused("no state", attacker.open(t, changed("state", "")))
	back = halfway(t, s, attacker)
	refused("another issuer's answer", attacker.open(t, changed("iss", "https://evil.example")))
	back = halfway(t, s, attacker)
	refused("another code", attacker.open(t, changed("code", "forged")))
	back = halfway(t, s, attacker)
	refused("an error", attacker.open(t, changed("error", "access_denied")))
	back = halfway(t, s, attacker)
	page := attacker.open(t, back)
	if page.status != http.StatusOK {
		t.Fatalf("the sign-in itself: %d %s", page.status, page.body)
	}
	refused("a sign-in that is over", attacker.open(t, back))

	form := url.Values{"secret": {regexp.MustCompile(`name="secret" value="([^"]*)"`).FindStringSubmatch(page.body)[1]}, "decision": {"approve"}}
	refused("an approval of another browser", victim.post(t, s.URL+"/oauth/approve", form))
	refused("an approval without the secret", attacker.post(t, s.URL+"/oauth/approve", url.Values{"decision": {"approve"}}))
	refused("an approval with another secret", attacker.post(t, s.URL+"/oauth/approve", url.Values{"secret": {"x"}, "decision": {"approve"}}))
	denied := attacker.send(t, page, "deny")
	if denied.sentTo == nil || denied.sentTo.Query().Get("error") != "access_denied" || denied.sentTo.Query().Get("code") != "" || denied.sentTo.Query().Get("state") != cliState {
		t.Errorf("denied: %d, sent to %v", denied.status, denied.sentTo)
	}
	refused("an approval after that", attacker.post(t, s.URL+"/oauth/approve", form))
}

// What the identity provider says of a sign-in must be of this sign-in, and for this client.
func TestIDTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, change := range map[string]map[string]any{
		"of another sign-in":                 {"nonce": "another"},
		"without a sign-in":                  {"nonce": ""},
		"for another client":                 {"aud": "other"},
		"for an audience of the API alone":   {"aud": "api"},
		"that another client was issued":     {"aud": []string{testkit.OIDCClient, "other"}, "azp": "other"},
		"of another issuer":                  {"iss": "https://evil.example"},
		"that has expired":                   {"exp": 1},
		"of a newcomer who is called nobody": {"sub": "nobody", "email": nil},
	} {
		s.idp.Person(s.idp.Claims("ann", change))
		if page := newBrowser(t).open(t, s.asks(nil)); page.status != http.StatusForbidden || strings.Contains(page.body, "<form") {
			t.Errorf("a token %s: %d %s", name, page.status, page.body)
		}
	}
	s.idp.Person(nil)
	if page := newBrowser(t).open(t, s.asks(nil)); page.status != http.StatusForbidden {
		t.Errorf("who is not signed in: %d %s", page.status, page.body)
	}
	s.idp.Person(s.idp.Claims("ann", map[string]any{"aud": []string{testkit.OIDCClient, "other"}, "azp": testkit.OIDCClient}))
	if page := newBrowser(t).open(t, s.asks(nil)); page.status != http.StatusOK {
		t.Errorf("a good one: %d %s", page.status, page.body)
	}
}

func TestIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.idp.Down(true)
	page := newBrowser(t).open(t, s.asks(nil))
	if page.status != http.StatusServiceUnavailable || page.sentTo != nil || !strings.Contains(page.body, s.idp.URL) {
		t.Errorf("%d %s", page.status, page.body)
	}
}

func TestSeveralIssuers(t *testing.T) {
	t.Parallel()
	second, machines := testkit.OIDC(t), testkit.OIDC(t)
	s := start(t, func(c *config.Config) { c.OIDC = append(c.OIDC, second.SignsIn(), machines.Issuer()) })
	second.Person(second.Claims("bob", nil))
	b := newBrowser(t)
	page := b.open(t, s.asks(nil))
	links := regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`).FindAllStringSubmatch(page.body, -1)
	if page.status != http.StatusOK || len(links) != 2 {
		t.Fatalf("the page to choose: %d %s", page.status, page.body)
	}
	for i, want := range []struct{ at, who string }{{s.idp.URL, "ann@example.com"}, {second.URL, "bob@example.com"}} {
		to, err := page.url.Parse(html.UnescapeString(links[i][1]))
		if err != nil {
			t.Fatal(err)
		}
		if asked := b.open(t, to.String()); !strings.HasSuffix(want.at, links[i][2]) || !strings.Contains(asked.body, want.who) {
			t.Errorf("%s leads to %d %s, want %s", links[i][2], asked.status, asked.body, want.who)
		}
	}
	if page := b.open(t, s.asks(map[string]string{"issuer": machines.URL})); page.status != http.StatusBadRequest {
		t.Errorf("an issuer for bearer tokens alone: %d", page.status)
	}
}

func TestWithoutAClientThereIsNoLogin(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Config) { c.OIDC[0].ClientID, c.OIDC[0].ClientSecret = "", "" })
	if got := s.Call(t, http.MethodGet, "/oauth/authorize", "", ""); got.Status != http.StatusNotFound {
		t.Errorf("authorize: %d", got.Status)
	}
	var discovered map[string]json.RawMessage
	s.Call(t, http.MethodGet, "/.well-known/terraform.json", "", "").Decode(t, &discovered)
	if discovered["login.v1"] != nil || len(discovered) == 0 {
		t.Errorf("discovery %v", discovered)
	}
}

// Every page protects itself: nothing is loaded, framed or kept.
func TestPagesAreProtected(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := newBrowser(t)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`)
	for name, page := range map[string]seen{
		"to approve": b.open(t, s.asks(nil)), "of an error": b.open(t, s.URL+"/oauth/authorize"), "that is none": b.open(t, s.URL+"/oauth/nothing"),
	} {
		policy := page.header.Get("Content-Security-Policy")
		sum := sha256.Sum256([]byte(style.FindStringSubmatch(page.body)[1]))
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("page %s has the policy %s", name, policy)
		}
		if page.header.Get("Cache-Control") != "no-store" || page.header.Get("X-Content-Type-Options") != "nosniff" || page.header.Get("Referrer-Policy") == "" {
			t.Errorf("page %s has the header %v", name, page.header)
		}
		if strings.Contains(page.body, "<script") || regexp.MustCompile(`(src|href)="https?:`).MatchString(page.body) {
			t.Errorf("page %s loads something: %s", name, page.body)
		}
	}
	s.idp.Person(s.idp.Claims("eve", map[string]any{"email": `<script>alert("1")</script>`}))
	if page := newBrowser(t).open(t, s.asks(nil)); page.status != http.StatusOK || strings.Contains(page.body, "<script") || !strings.Contains(page.body, "&lt;script&gt;") {
		t.Errorf("a name that is markup: %d %s", page.status, page.body)
	}
}

// Cookies are read by no script and sent by no other site, and over https alone where the service is reached that way.
func TestCookies(t *testing.T) {
	t.Parallel()
	for public, secure := range map[string]bool{"": false, "https://tw.example": true} {
		s := start(t, func(c *config.Config) { c.PublicURL = public })
		w := httptest.NewRecorder() // the public URL leads nowhere
		s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.asks(nil), nil))
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || w.Code != http.StatusSeeOther {
			t.Fatalf("%d cookies, %d", len(cookies), w.Code)
		}
		c := cookies[0]
		if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || strings.HasPrefix(c.Name, "__Host-") != secure || c.MaxAge <= 0 || c.Domain != "" {
			t.Errorf("at %q the cookie is %s", public, c)
		}
		want := public + "/oauth/callback"
		if public == "" {
			want = s.URL + "/oauth/callback"
		}
		sentTo, err := w.Result().Location()
		if err != nil {
			t.Fatal(err)
		}
		if got := sentTo.Query().Get("redirect_uri"); got != want {
			t.Errorf("the identity provider sends back to %s, want %s", got, want)
		}
	}
}
