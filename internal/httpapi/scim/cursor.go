package scim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// cursorLife is how long a cursor is good for.
const cursorLife = time.Hour

// position is where a page begins: behind a resource. A cursor holds it with a checksum over the connection and the query,
// so that one is good for the next page of the same question alone. It opens nothing that the question does not.
type position struct {
	Key     string        `json:"k,omitempty"`
	Present bool          `json:"p,omitempty"`
	Created int64         `json:"c"` // in nanoseconds
	Kind    resource.Kind `json:"t"`
	ID      string        `json:"i"`
	Until   int64         `json:"u"` // in seconds
}

func (p position) hit() hit {
	return hit{item: item{kind: p.Kind, id: p.ID, created: time.Unix(0, p.Created)}, key: p.Key, present: p.Present}
}

// cursorSum is how many bytes of a cursor are its checksum.
const cursorSum = 12

// cursor returns where the page behind a resource begins (RFC 9865 section 2).
func (h *Handler) cursor(s session, q query, kinds []resource.Kind, last hit) string {
	raw, err := json.Marshal(position{
		Key: last.key, Present: last.present, Created: last.created.UnixNano(), Kind: last.kind, ID: last.id, Until: h.Now().Add(cursorLife).Unix(),
	})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(checksum(s, q, kinds, raw), raw...))
}

// checksum ties a position to a question.
func checksum(s session, q query, kinds []resource.Kind, position []byte) []byte {
	question, err := json.Marshal([]any{s.source, q.filter, q.sortBy, q.descending, kinds, position})
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(question)
	return sum[:cursorSum]
}

// position returns where a page by cursor begins, nil for the first one and for pages by index.
func (h *Handler) position(s session, q query, kinds []resource.Kind) (*position, error) {
	if q.cursor == nil || *q.cursor == "" {
		return nil, nil //nolint:nilnil // a page that begins nowhere
	}
	wrong := resource.NewError(http.StatusBadRequest, resource.InvalidCursor, "the cursor is none of this query's; begin again with an empty one")
	raw, err := base64.RawURLEncoding.DecodeString(*q.cursor)
	if err != nil || len(raw) < cursorSum || subtle.ConstantTimeCompare(raw[:cursorSum], checksum(s, q, kinds, raw[cursorSum:])) != 1 {
		return nil, wrong
	}
	var p position
	if err := json.Unmarshal(raw[cursorSum:], &p); err != nil {
		return nil, wrong
	}
	if h.Now().Unix() > p.Until {
		return nil, resource.NewError(http.StatusBadRequest, resource.ExpiredCursor, "the cursor has expired; begin again with an empty one")
	}
	return &p, nil
}
