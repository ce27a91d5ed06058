package access_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

// TestTheVocabularyIsListed compares the list of permissions with the vocabulary and with single reads, and tries its filters.
func TestTheVocabularyIsListed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	all := w.must(t, "outsider", http.MethodGet, "permissions", "").many(t)
	if len(all) != len(schema.Vocabulary()) {
		t.Errorf("%d permissions are listed, want %d", len(all), len(schema.Vocabulary()))
	}
	for i, e := range schema.Vocabulary() {
		got := all[i]
		if got.ID != string(e.Permission) || got.Attributes["description"] != e.Doc || got.Attributes["owner-only"] != e.OwnerOnly || got.Attributes["assignable"] != (e.Kind == schema.Atom) {
			t.Errorf("%s is listed as %+v", e.Permission, got)
		}
		if diff := cmp.Diff(got, w.must(t, "outsider", http.MethodGet, "permissions/"+got.ID, "").one(t)); diff != "" {
			t.Errorf("%s in the list and by itself (-list +single):\n%s", got.ID, diff)
		}
	}
	for query, selects := range map[string]func(schema.Entry) bool{
		"filter[type]=stack":       func(e schema.Entry) bool { return e.Permission.Type() == schema.TypeStack },
		"filter[system]=otf":       func(e schema.Entry) bool { return len(e.Names(schema.OTF)) > 0 },
		"filter[assignable]=false": func(e schema.Entry) bool { return e.Kind == schema.Derived },
		"filter[type]=workspace&filter[system]=infra0": func(e schema.Entry) bool {
			return e.Permission.Type() == schema.TypeWorkspace && len(e.Names(schema.Infra0)) > 0
		},
		"filter[type]=team&filter[assignable]=true":          func(schema.Entry) bool { return false },
		"page[size]=100&page[number]=1&filter[type]=project": func(e schema.Entry) bool { return e.Permission.Type() == schema.TypeProject },
	} {
		var got, want []string
		for _, r := range w.must(t, "outsider", http.MethodGet, "permissions?"+query, "").many(t) {
			got = append(got, r.ID)
		}
		for _, e := range schema.Vocabulary() {
			if selects(e) {
				want = append(want, string(e.Permission))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if got := len(w.must(t, "outsider", http.MethodGet, "permissions?page[size]=7&page[number]=2", "").many(t)); got != 7 {
		t.Errorf("%d permissions on a page of seven", got)
	}
	apply := w.must(t, "outsider", http.MethodGet, "permissions/infra0:terraform.apply", "").one(t)
	names, _ := apply.Attributes["names"].(map[string]any)
	if apply.ID != "workspace.apply_run" || !slices.Contains(apply.strings("implied-permissions"), "workspace.queue_plan") || text(t, names["infra0"]) != `["terraform.apply"]` {
		t.Errorf("by infra0's word the permission is %+v", apply)
	}
}
