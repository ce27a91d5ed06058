package authzen

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// These tests are inside the package, because the decoders are: over HTTP a fuzzer finds nothing in a useful time.

func seeds() []string {
	return []string{
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"apply_run"},"resource":{"type":"workspace","id":"acme/prod","properties":{"sensitive":true}},"context":{"explain":true,"consistency":"fully_consistent","zedtoken":"x"}}`,
		`{"subject":{"type":"user"},"evaluations":[{},{"subject":null},7,[],{"action":{"name":"a","name":"b"}}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
		`{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"workspace","id":"x"},"page":{"token":"AAAA","limit":1}}`,
		`{"a":1,"a":2}`, `[]`, `null`, `7`, `"x"`, ``, `{`, `{"a":[1,]}`, `{}{}`, "{\"\xff\":1}", `{"page":{"limit":1e3}}`,
		strings.Repeat(`[`, 40), `{"x":` + strings.Repeat(`{"a":`, 40), `{"subject":{"type":"\ud800","id":"\u0000"}}`,
	}
}

// decoded fails the test unless an error is one that a caller made.
func decoded(t *testing.T, what string, err error) bool {
	t.Helper()
	if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Limited) {
		t.Errorf("%s: error of kind %s: %v", what, fault.KindOf(err), err)
	}
	return err == nil
}

func FuzzEvaluation(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, err := parse(raw)
		if !decoded(t, "parse", err) {
			return
		}
		if !json.Valid(raw) {
			t.Fatal("what is no JSON was accepted")
		}
		ask, options, err := entitiesOf(body).question(wanted{subjectID: true, action: true, resourceID: true})
		if decoded(t, "question", err) {
			complete(t, ask, options)
		}
		if _, err := body.semantic(); !decoded(t, "semantic", err) {
			return
		}
		items, err := body.list("", "evaluations", maxEvaluations)
		if !decoded(t, "evaluations", err) {
			return
		}
		b := understand(items, entitiesOf(body))
		grouped := 0
		for _, group := range b.groups {
			grouped += len(group)
		}
		for _, d := range b.decisions {
			if d.Decision {
				t.Error("an item is allowed before anybody was asked")
			}
			if d.Context != nil {
				grouped++
			}
		}
		if grouped != len(items) || len(b.order) != len(b.groups) {
			t.Errorf("%d of %d items are asked or refused", grouped, len(items))
		}
	})
}

// complete fails the test unless everything that a question needs is there.
func complete(t *testing.T, a catalog.Ask, o catalog.AskOptions) {
	t.Helper()
	if a.SubjectType == "" || a.SubjectID == "" || a.Action == "" || a.ResourceType == "" || a.ResourceID == "" {
		t.Errorf("an incomplete question was accepted: %+v", a)
	}
	if o.Consistency.Freshness == authz.AtLeastAsFresh && o.Consistency.Token == "" {
		t.Error("at least as fresh as nothing was accepted")
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	h := New(Deps{PageKey: []byte("a key of the test")})
	p := catalog.Principal{Subject: authz.Object{Type: "user", ID: "user-1"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, err := parse(raw)
		if !decoded(t, "parse", err) {
			return
		}
		for kind, w := range map[string]wanted{"subject": {action: true, resourceID: true}, "resource": {action: true, subjectID: true}, "action": {subjectID: true, resourceID: true}} {
			_, _, err := entitiesOf(body).question(w)
			decoded(t, kind+" question", err)
			c, err := h.readPage(body, kind, p)
			if !decoded(t, kind+" page", err) {
				continue
			}
			if c.limit < 1 || c.limit > maxPage {
				t.Errorf("a page of %d results", c.limit)
			}
			if c.after != "" {
				t.Errorf("a token nobody signed was accepted: %q", c.after)
			}
			after, err := h.open(h.nextToken(c, "last"), c.binding)
			if err != nil || after != "last" {
				t.Errorf("a token of ours opens as %q, %v", after, err)
			}
		}
	})
}
