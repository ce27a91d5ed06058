// Package openapi describes the service's own API: one OpenAPI 3.1 document at /openapi.json, and the same as a page for
// people at /docs, which loads nothing from elsewhere and runs nothing.
//
// What operations mean is written by hand in the files of the folder source, one for each tag; what each needs comes from
// the routes themselves. The package knows no protocol and no use case. Tests prove that the document and the routes are the
// same, and that what the running service answers is what the document says.
package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// Deps are what a Handler is made of.
type Deps struct {
	Version   string                     // of the build
	Endpoints func() []endpoint.Endpoint // every route of the service; asked at the first request
}

// Handler serves the document and the page.
type Handler struct {
	// made holds both, worked out at the first request: a start should not wait for what few ask for.
	made func() (made, error)
}

// made is what is served.
type made struct {
	document, page served
	styleHash      string
}

// New returns a Handler.
func New(d Deps) *Handler {
	return &Handler{made: sync.OnceValues(func() (made, error) { return build(d.Version, d.Endpoints()) })}
}

// Endpoints returns the routes.
func (h *Handler) Endpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		{Method: http.MethodGet, Path: "/openapi.json", Needs: endpoint.Public(), Handle: h.document},
		{Method: http.MethodGet, Path: "/docs", Needs: endpoint.Public(), Handle: h.page},
	}
}

// Error writes an error and returns the status it wrote.
func (h *Handler) Error(c echo.Context, err error) (int, error) {
	status := http.StatusInternalServerError
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		status = e.Code
	}
	return status, c.JSON(status, map[string]string{"error": http.StatusText(status)})
}

func (h *Handler) document(c echo.Context) error {
	m, err := h.made()
	if err != nil {
		return err
	}
	return m.document.send(c)
}

// page sends the page. It loads nothing, runs nothing and is framed by nobody.
func (h *Handler) page(c echo.Context) error {
	m, err := h.made()
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+m.styleHash+"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	return m.page.send(c)
}

// build makes the document and the page.
func build(version string, routes []endpoint.Endpoint) (made, error) {
	d, err := assemble(version, routes)
	if err != nil {
		return made{}, err
	}
	document, err := d.json()
	if err != nil {
		return made{}, err
	}
	page, styleHash, err := d.page()
	if err != nil {
		return made{}, err
	}
	m := made{styleHash: styleHash}
	if m.document, err = newServed(echo.MIMEApplicationJSON, document); err != nil {
		return made{}, err
	}
	m.page, err = newServed(echo.MIMETextHTMLCharsetUTF8, page)
	return m, err
}

// served is a body that is the same for everybody, ready to be sent as it is or compressed.
type served struct {
	media         string
	etag          string
	plain, zipped []byte
}

func newServed(media string, body []byte) (served, error) {
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return served{}, err
	}
	if _, err := w.Write(body); err != nil {
		return served{}, err
	}
	if err := w.Close(); err != nil {
		return served{}, err
	}
	sum := sha256.Sum256(body)
	// A weak tag: the bytes depend on the encoding, what they say does not.
	etag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return served{media: media, etag: etag, plain: body, zipped: zipped.Bytes()}, nil
}

// send answers with the body, or with the word that the client has it already.
func (s served) send(c echo.Context) error {
	header := c.Response().Header()
	header.Set("ETag", s.etag)
	header.Set(echo.HeaderCacheControl, "no-cache") // kept, and asked about each time: an update may change it
	header.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if lists(c.Request().Header.Get("If-None-Match"), s.etag) {
		return c.NoContent(http.StatusNotModified)
	}
	if lists(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		header.Set(echo.HeaderContentEncoding, "gzip")
		return c.Blob(http.StatusOK, s.media, s.zipped)
	}
	return c.Blob(http.StatusOK, s.media, s.plain)
}

// lists reports whether a header that holds a list holds a value, with no more said of it.
func lists(header, value string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(item string) bool {
		return strings.TrimPrefix(strings.TrimSpace(item), "W/") == strings.TrimPrefix(value, "W/")
	})
}
