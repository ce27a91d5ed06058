package sourcetest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Dialect says where a kind of directory puts what the faults change.
type Dialect struct {
	Lists  []string // the members that hold a list; an answer that is a list itself needs none
	Fields []string // of entries, each of which a schema change renames in turn
	// Next sets the address of the next page in an answer to one on another origin, or takes it away with "". It reports
	// whether there was one.
	Next func(header http.Header, document any, origin string) bool
	// Count adds to what an answer says about how many there are, and returns the answer.
	Count func(document any, by int) any
}

// stand is a server with a fault.
type stand struct {
	trouble *Trouble
	dialect Dialect
	next    http.Handler
	lure    string // an origin that must not be asked

	mu   sync.Mutex
	seen map[string]answer // by path: the first answer to it
}

// answer is what the server without the fault says.
type answer struct {
	header http.Header
	status int
	body   []byte
}

// Handler returns a server like another, with the fault. Wrap what gives out people and groups, not what gives out tokens.
func (t *Trouble) Handler(tb testing.TB, d Dialect, next http.Handler) http.Handler {
	tb.Helper()
	t.fields = len(d.Fields)
	lure := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tb.Errorf("fault %s: %s was asked for elsewhere, with the credential %t", t.Fault, r.URL.Path, r.Header.Get("Authorization") != "")
	}))
	tb.Cleanup(lure.Close)
	return &stand{trouble: t, dialect: d, next: next, lure: lure.URL, seen: map[string]answer{}}
}

// ServeHTTP answers, or does wrong.
func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	strikes := s.trouble.Strikes()
	recorder := httptest.NewRecorder()
	s.next.ServeHTTP(recorder, r)
	a := answer{recorder.Header(), recorder.Code, recorder.Body.Bytes()}
	s.mu.Lock()
	first, again := s.seen[r.URL.Path]
	if !again {
		s.seen[r.URL.Path] = a
	}
	s.mu.Unlock()
	if !strikes {
		a.write(w)
		return
	}
	if again && s.trouble.Fault == RepeatedPage {
		first.write(w)
		return
	}
	if !s.transport(w, r, a) {
		s.content(a).write(w)
	}
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// transport does what faults do to the way of an answer, and reports whether that was one of them.
func (s *stand) transport(w http.ResponseWriter, r *http.Request, a answer) bool {
	status := func(code int, name, value string) bool {
		if name != "" {
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		return true
	}
	switch s.trouble.Fault {
	case DropMidPage:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)+1))
		_, _ = w.Write(a.body[:len(a.body)/2])
		panic(http.ErrAbortHandler)
	case TooMany:
		return status(http.StatusTooManyRequests, "Retry-After", "1")
	case Busy:
		w.Header().Set("Date", now().Format(http.TimeFormat))
		return status(http.StatusServiceUnavailable, "Retry-After", now().Add(3*time.Second).Format(http.TimeFormat))
	case Broken:
		return status(http.StatusInternalServerError, "", "")
	case Refused:
		return status(http.StatusUnauthorized, "", "")
	case Forbidden:
		return status(http.StatusForbidden, "", "")
	case Gone:
		return status(http.StatusNotFound, "", "")
	case Redirect:
		return status(http.StatusFound, "Location", s.lure+r.URL.RequestURI())
	case Timeout:
		<-r.Context().Done()
		return true
	}
	return false
}

// content does what faults do to what an answer says.
func (s *stand) content(a answer) answer {
	out := answer{a.header.Clone(), a.status, a.body}
	switch s.trouble.Fault {
	case TruncatedJSON:
		out.body = a.body[:len(a.body)/2]
		return out
	case WrongType:
		out.header.Set("Content-Type", "text/html")
		out.body = []byte("<html>Please sign in</html>")
		return out
	case ErrorSuccess:
		out.body = []byte(`{"error":{"code":"InternalServerError","message":"try again"}}`)
		return out
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if decoder.Decode(&document) != nil {
		return out
	}
	document = s.document(out.header, document)
	if body, err := json.Marshal(document); err == nil {
		out.body = body
	}
	return out
}

// document changes an answer as a fault does.
func (s *stand) document(header http.Header, document any) any {
	switch s.trouble.Fault {
	case EmptySuccess:
		s.link(header, document, "")
		return s.edit(document, func([]any) []any { return []any{} })
	case EmptyPageEarly:
		return s.edit(document, func([]any) []any { return []any{} })
	case LinkElsewhere:
		s.link(header, document, s.lure)
	case LinkLost:
		s.link(header, document, "")
	case CountShrinks:
		return s.count(document, -1)
	case CountGrows:
		return s.count(document, 1)
	case FieldMissing:
		return s.edit(document, func(entries []any) []any {
			rename(entries, s.dialect.Fields[s.trouble.field])
			return entries
		})
	case IDMissing:
		return s.edit(document, func(entries []any) []any {
			rename(entries[:min(1, len(entries))], "id")
			return entries
		})
	}
	return document
}

func (s *stand) link(header http.Header, document any, origin string) {
	if s.dialect.Next != nil {
		s.dialect.Next(header, document, origin)
	}
}

func (s *stand) count(document any, by int) any {
	if s.dialect.Count != nil {
		return s.dialect.Count(document, by)
	}
	return document
}

// edit changes the list that an answer is or holds.
func (s *stand) edit(document any, change func([]any) []any) any {
	switch d := document.(type) {
	case []any:
		return change(d)
	case map[string]any:
		for _, name := range s.dialect.Lists {
			if entries, ok := d[name].([]any); ok {
				d[name] = change(entries)
			}
		}
	}
	return document
}

// rename calls members of entries otherwise, those inside of members too.
func rename(entries []any, names ...string) {
	for _, entry := range entries {
		e, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		for _, name := range names {
			if value, ok := e[name]; ok {
				delete(e, name)
				e["new_"+name] = value
			}
		}
		for _, inside := range e {
			rename([]any{inside}, names...)
		}
	}
}
