package authorization_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/schema"
)

// compareBooleans compares a document's permissions object with the oracle, and both with the checks of /access/v1.
// Neither may know a boolean that the other does not.
func compareBooleans(t *testing.T, who *caller, objectType, id string, shown, want map[string]bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		if _, ok := want[name]; !ok {
			t.Errorf("no expectation for %s of %s", name, objectType)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		got, ok := shown[name]
		if !ok {
			t.Errorf("the document of the %s has no %s", objectType, name)
		} else if got != want[name] {
			t.Errorf("the document of the %s says %s %v, want %v", objectType, name, got, want[name])
		}
	}
	if who.name == "" {
		return // only people ask about themselves by name
	}
	for name, got := range who.check(t, objectType, id, booleansOf(objectType)...) {
		if got != want[name] {
			t.Errorf("a check of tfe:%s on the %s says %v, want %v", name, objectType, got, want[name])
		}
	}
}

// check asks about the caller himself, in TFE's words, all in one call.
func (c *caller) check(t *testing.T, objectType, id string, names ...string) map[string]bool {
	t.Helper()
	return c.checkAbout(t, "user", c.name, objectType, id, names...)
}

// checkAbout asks about somebody.
func (c *caller) checkAbout(t *testing.T, subjectType, subject, objectType, id string, names ...string) map[string]bool {
	t.Helper()
	type named struct {
		Name string `json:"name"`
	}
	type action struct {
		Action named `json:"action"`
	}
	var asked struct {
		Subject     map[string]string `json:"subject"`
		Resource    map[string]string `json:"resource"`
		Evaluations []action          `json:"evaluations"`
	}
	asked.Subject = map[string]string{"type": subjectType, "id": subject}
	asked.Resource = map[string]string{"type": objectType, "id": id}
	for _, name := range names {
		asked.Evaluations = append(asked.Evaluations, action{named{"tfe:" + name}})
	}
	r := c.call(t, http.MethodPost, "/access/v1/evaluations", encode(t, asked))
	must(t, "POST /access/v1/evaluations", r.outcome())
	var answer struct {
		Evaluations []struct {
			Decision bool `json:"decision"`
		} `json:"evaluations"`
	}
	r.decode(t, &answer)
	if len(answer.Evaluations) != len(names) {
		t.Fatalf("%d questions, %d answers", len(names), len(answer.Evaluations))
	}
	out := map[string]bool{}
	for i, name := range names {
		out[name] = answer.Evaluations[i].Decision
	}
	return out
}

// booleansOf returns the booleans of documents that are words of checks, too.
func booleansOf(objectType string) []string {
	return slices.DeleteFunc(words(objectType), func(name string) bool { return !strings.HasPrefix(name, "can-") })
}

// words returns TFE's words for what may be done on a type of object, from the vocabulary.
func words(objectType string) []string {
	var out []string
	for _, e := range schema.Vocabulary() {
		if e.Permission.Type() == objectType {
			out = append(out, e.Names(schema.TFE)...)
		}
	}
	return out
}
