package login

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/oauth2"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// signInLife is how long people have to sign in, and again to approve.
const signInLife = 10 * time.Minute

// request is what the command line asked for, checked.
type request struct {
	RedirectURI string `json:"r"`
	State       string `json:"s,omitempty"`
	Challenge   string `json:"c"`
}

// signIn is a browser on its way to an identity provider and back.
type signIn struct {
	Request request      `json:"q"`
	Issuer  string       `json:"i"`
	At      authn.SignIn `json:"a"`
}

func (s *signIn) id() string { return s.At.State }

// authorize begins a sign-in (RFC 6749, section 4.1.1). With several identity providers people choose one first.
func (h *Handler) authorize(c echo.Context) error {
	noStore(c)
	asked, err := readRequest(c.QueryParams())
	if err != nil {
		return err
	}
	chosen := c.QueryParam("issuer")
	if chosen == "" && len(h.Issuers) > 1 {
		return h.choose(c)
	}
	issuer := h.Issuers[0]
	if chosen != "" {
		var known bool
		if issuer, known = h.issuer(chosen); !known {
			return fault.New(fault.Invalid, "There is no such identity provider.")
		}
	}
	s := &signIn{Request: asked, Issuer: issuer.URL(), At: authn.SignIn{
		RedirectURL: h.callbackURL(), State: h.NewID(), Nonce: h.NewID(), Verifier: oauth2.GenerateVerifier(),
	}}
	to, err := issuer.AuthURL(c.Request().Context(), s.At)
	if err != nil {
		return err
	}
	if err := h.bind(c, forSignIn, s, signInLife); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// readRequest checks what the command line asks for. A fault is shown in the browser and sent nowhere: the address to
// send it to may be the fault.
func readRequest(q url.Values) (request, error) {
	const maxState = 512
	r := request{RedirectURI: q.Get("redirect_uri"), State: q.Get("state"), Challenge: q.Get("code_challenge")}
	challenge, err := base64.RawURLEncoding.DecodeString(r.Challenge)
	refuse := func(what string) (request, error) {
		return request{}, fault.New(fault.Invalid, "%s Please run terraform login again.", what)
	}
	switch {
	case q.Get("client_id") != clientID:
		return refuse("The request is not from Terraform's command line.")
	case !slices.Contains(redirectURIs(), r.RedirectURI):
		return refuse("The request would send the token to another place than Terraform's command line on this computer.")
	case q.Get("response_type") != "code":
		return refuse("The request asks for something else than a code.")
	case q.Get("code_challenge_method") != "S256" || err != nil || len(challenge) != 32:
		return refuse("The request is not protected with PKCE (S256).")
	case len(r.State) > maxState:
		return refuse("The request is too long.")
	}
	return r, nil
}

// redirectURIs are the addresses a code may be sent to: on the computer where the browser is, and nowhere else.
func redirectURIs() []string {
	var out []string
	for port := firstPort; port <= lastPort; port++ {
		out = append(out, fmt.Sprintf("http://localhost:%d/login", port), fmt.Sprintf("http://127.0.0.1:%d/login", port))
	}
	return out
}

// choose shows the identity providers.
func (h *Handler) choose(c echo.Context) error {
	var choices []choice
	for _, i := range h.Issuers {
		q := c.QueryParams()
		q.Set("issuer", i.URL())
		choices = append(choices, choice{Name: issuerName(i.URL()), Link: "?" + q.Encode()})
	}
	return h.pages.show(c, http.StatusOK, page{Title: "Sign in", Choices: choices})
}

// issuerName is what people know an identity provider by.
func issuerName(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return u.Host + u.Path
}
