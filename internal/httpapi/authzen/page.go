package authzen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// cursor is where a page begins, in the words of the search itself, and how long it is. binding ties its tokens to the
// request and the caller.
type cursor struct {
	after   string
	limit   int
	binding [sha256.Size]byte
}

// readPage reads the page member (section 8.2). A token counts only with the same request, from the same caller.
func (h *Handler) readPage(body object, kind string, p catalog.Principal) (cursor, error) {
	c := cursor{limit: defaultPage, binding: bind(body, kind, p)}
	page, err := body.child("", "page")
	if err != nil || page == nil {
		return c, err
	}
	limit, err := page.count("page", "limit")
	if err != nil {
		return c, err
	}
	if limit > 0 {
		c.limit = min(limit, maxPage)
	}
	token, err := page.text("page", "token")
	if err != nil || token == "" {
		return c, err
	}
	c.after, err = h.open(token, c.binding)
	return c, err
}

// bind hashes what must stay the same while following page tokens: everything but the page member itself, and
// who asks. Members are canonical JSON, so their order does not count.
func bind(body object, kind string, p catalog.Principal) [sha256.Size]byte {
	canonical := map[string]any{"kind": kind, "caller": p.Subject.String()}
	for _, name := range []string{"subject", "action", "resource", "context"} {
		var v any
		if json.Unmarshal(body.get(name).raw, &v) == nil {
			canonical[name] = v
		}
	}
	raw, err := json.Marshal(canonical)
	if err != nil {
		raw = nil // decoded JSON always encodes; a token bound to nothing opens nothing else
	}
	return sha256.Sum256(raw)
}

// nextToken makes the token of the page that begins behind something a search has named, "" at the end.
func (h *Handler) nextToken(c cursor, after string) string {
	if after == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(h.sign(after, c.binding), after...))
}

func (h *Handler) open(token string, binding [sha256.Size]byte) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil && len(raw) > sha256.Size {
		after := string(raw[sha256.Size:])
		if hmac.Equal(raw[:sha256.Size], h.sign(after, binding)) {
			return after, nil
		}
	}
	return "", fault.At("page.token", "does not belong to this request")
}

func (h *Handler) sign(after string, binding [sha256.Size]byte) []byte {
	mac := hmac.New(sha256.New, h.PageKey)
	mac.Write(binding[:])
	mac.Write([]byte(after))
	return mac.Sum(nil)
}
