package openapi_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

func TestDocumentIsServedFromMemory(t *testing.T) {
	t.Parallel()
	r := testkit.App(t)
	for path, media := range map[string]string{"/openapi.json": "application/json", "/docs": "text/html; charset=UTF-8"} {
		full := r.Call(t, http.MethodGet, path, "", "")
		etag := full.Header.Get("ETag")
		if full.Status != http.StatusOK || full.Header.Get("Content-Type") != media || etag == "" || full.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, full.Status, full.Header)
		}
		if again := r.Call(t, http.MethodGet, path, "", ""); again.Body != full.Body || again.Header.Get("ETag") != etag {
			t.Errorf("%s is another the second time", path)
		}
		for header, status := range map[string]int{
			etag: http.StatusNotModified, `"other", ` + etag: http.StatusNotModified, strings.TrimPrefix(etag, "W/"): http.StatusNotModified, `"other"`: http.StatusOK,
		} {
			got := r.Call(t, http.MethodGet, path, "", "", "If-None-Match", header)
			if got.Status != status || (status == http.StatusNotModified) != (got.Body == "") || got.Header.Get("ETag") != etag {
				t.Errorf("%s with If-None-Match %s: %d with %d bytes, want %d", path, header, got.Status, len(got.Body), status)
			}
		}
		zipped := r.Call(t, http.MethodGet, path, "", "", "Accept-Encoding", "br, gzip")
		w, err := gzip.NewReader(strings.NewReader(zipped.Body))
		if err != nil || zipped.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s compressed: %v %v", path, err, zipped.Header)
		}
		if plain, err := io.ReadAll(w); err != nil || string(plain) != full.Body {
			t.Errorf("%s compressed is another: %v", path, err)
		}
		t.Logf("%s: %d bytes, %d compressed", path, len(full.Body), len(zipped.Body))
		if got := r.Call(t, http.MethodPost, path, "", "{}"); got.Status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, got.Status)
		}
	}
}

// Two services of one version serve the same bytes, so that it does not matter which replica a client meets.
func TestDocumentIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	one, two := testkit.App(t), testkit.App(t)
	for _, path := range []string{"/openapi.json", "/docs"} {
		if one.Call(t, http.MethodGet, path, "", "").Body != two.Call(t, http.MethodGet, path, "", "").Body {
			t.Errorf("%s differs", path)
		}
	}
}

// The page names nothing that a browser would fetch, and its policy lets nothing in but its own style.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	r := testkit.App(t)
	page := r.Call(t, http.MethodGet, "/docs", "", "")
	if found := regexp.MustCompile(`(?i)<(script|link|img|iframe|object|embed|form|base)\b|\bsrc=|\bon[a-z]+="|javascript:|url\(|@import`).FindString(page.Body); found != "" {
		t.Errorf("the page holds %q", found)
	}
	policy := page.Header.Get("Content-Security-Policy")
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page.Body)
	if style == nil {
		t.Fatal("the page has no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s, want %s", policy, want)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// Everything the document has, the page has, and its links lead somewhere.
func TestPageShowsTheDocument(t *testing.T) {
	t.Parallel()
	r, _ := whole(t)
	page := r.Call(t, http.MethodGet, "/docs", "", "").Body
	anchors := map[string]bool{"top": true}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if anchors[m[1]] && m[1] != "top" {
			t.Errorf("the anchor %s is there twice", m[1])
		}
		anchors[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !anchors[m[1]] {
			t.Errorf("a link leads to %q, which is not there", m[1])
		}
	}
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	decode(t, r.Call(t, http.MethodGet, "/openapi.json", "", "").Body, &doc)
	for path, item := range doc.Paths {
		for method, raw := range item {
			var o struct {
				OperationID string `json:"operationId"`
				Needs       string `json:"x-terrawarden-needs"`
			}
			if method == "parameters" {
				continue
			}
			decode(t, string(raw), &o)
			_, section, _ := strings.Cut(page, `<article id="`+o.OperationID+`">`)
			section, _, _ = strings.Cut(section, "</article>")
			for _, want := range []string{">" + strings.ToUpper(method) + "<", "<code>" + path + "</code>", "<strong>" + o.Needs + "</strong>"} {
				if !strings.Contains(section, want) {
					t.Errorf("the page does not show %s of %s", want, o.OperationID)
				}
			}
		}
	}
	for name := range doc.Components.Schemas {
		if !anchors["schema-"+name] {
			t.Errorf("the page does not show the schema %s", name)
		}
	}
	if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "&lt;no value") || strings.Contains(page, "%!") {
		t.Error("the page holds what a template could not write")
	}
}
