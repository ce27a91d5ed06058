package login

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// approval is a person who has signed in and is asked whether the command line may act as him.
type approval struct {
	Request request `json:"q"`
	Issuer  string  `json:"i"`
	Subject string  `json:"s"`
	Secret  string  `json:"k"` // in the form as well, so that no other site can send it
}

func (a *approval) id() string { return a.Secret }

// callback ends a sign-in at the identity provider and asks for approval.
func (h *Handler) callback(c echo.Context) error {
	noStore(c)
	ctx := c.Request().Context()
	var s signIn
	if err := h.take(c, forSignIn, c.QueryParam("state"), &s); err != nil {
		return err
	}
	issuer, known := h.issuer(s.Issuer)
	// An answer that names another issuer than was asked comes from a mix-up of the two (RFC 9207).
	if said := c.QueryParam("iss"); !known || said != "" && said != s.Issuer {
		return fault.New(fault.Invalid, "The answer is from another identity provider than was asked.")
	}
	if c.QueryParam("error") != "" || c.QueryParam("code") == "" {
		return fault.New(fault.Unauthenticated, "%s did not sign you in.", issuerName(s.Issuer))
	}
	said, err := issuer.Exchange(ctx, s.At, c.QueryParam("code"))
	if err != nil {
		return err
	}
	p, err := h.Accounts.Login(ctx, said)
	if err != nil {
		return err
	}
	a := &approval{Request: s.Request, Issuer: said.Issuer, Subject: said.Subject, Secret: h.NewID()}
	if err := h.bind(c, forApproval, a, signInLife); err != nil {
		return err
	}
	return h.pages.show(c, http.StatusOK, page{
		Title: "Approve", Username: p.Name, Issuer: issuerName(s.Issuer), Secret: a.Secret, SendsTo: a.Request.origin(),
	})
}

// origin is the address of the command line without the path.
func (r request) origin() string {
	u, err := url.Parse(r.RedirectURI)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// approve sends the browser to the command line, with a code or with the word that there is none.
func (h *Handler) approve(c echo.Context) error {
	noStore(c)
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxForm)
	var a approval
	if err := h.take(c, forApproval, c.Request().PostFormValue("secret"), &a); err != nil {
		return err
	}
	answer := url.Values{}
	if a.Request.State != "" {
		answer.Set("state", a.Request.State)
	}
	if c.Request().PostFormValue("decision") == "approve" {
		text, err := h.newCode(a)
		if err != nil {
			return err
		}
		answer.Set("code", text)
	} else {
		answer.Set("error", "access_denied")
	}
	return c.Redirect(http.StatusSeeOther, a.Request.RedirectURI+"?"+answer.Encode())
}
