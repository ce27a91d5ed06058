package login

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// page is what a page shows: identity providers to choose from, somebody to approve, or a message.
type page struct {
	Title   string
	Style   template.CSS
	Choices []choice
	Message string

	Username string
	Issuer   string
	Secret   string
	SendsTo  string // where the browser goes after the form was sent
}

// choice is an identity provider to sign in at.
type choice struct{ Name, Link string }

// pages are the template of every page, and the hash that lets its style pass its own content security policy.
type pages struct {
	template  *template.Template
	styleHash string
}

func newPages() (pages, error) {
	t, err := template.New("page").Parse(pageText)
	sum := sha256.Sum256([]byte(pageStyle))
	return pages{template: t, styleHash: base64.StdEncoding.EncodeToString(sum[:])}, err
}

// show writes a page. It loads nothing, runs nothing, is framed by nobody, and its form goes nowhere but here and on to
// the command line: browsers apply the policy to where a form's answer leads as well.
func (p pages) show(c echo.Context, status int, content page) error {
	content.Style = template.CSS(pageStyle) //nolint:gosec // our own file
	var b bytes.Buffer
	if err := p.template.Execute(&b, content); err != nil {
		return err
	}
	forms := strings.TrimSpace("'self' " + content.SendsTo)
	header := c.Response().Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+p.styleHash+"'; form-action "+forms+"; frame-ancestors 'none'; base-uri 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	return c.HTMLBlob(status, b.Bytes())
}
