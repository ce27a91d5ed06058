package protocol_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

// Lists equal the sum of single checks: for everybody, every workspace and every permission the evaluation says
// what the three searches say.
func TestListsEqualTheSumOfSingleChecks(t *testing.T) {
	t.Parallel()
	s := start(t)
	people := []string{"alice", "bob", "carol", "dave", "site-admin", "mallory"}
	workspaces := []string{"acme/staging", "acme/prod", "acme/nowhere"}
	single, byResource, bySubject, byAction := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	key := func(user, permission, workspace string) string { return user + " " + permission + " " + workspace }
	for _, p := range schema.Of(schema.TypeWorkspace) {
		for _, user := range people {
			for _, workspace := range workspaces {
				if s.ask(t, evaluation, s.asker, question(user, p.Name(), workspace)).Body == allow+"\n" {
					single[key(user, p.Name(), workspace)] = true
				}
			}
			for _, f := range s.search(t, resources, where(user, p.Name())).Results {
				byResource[key(user, p.Name(), f.ID)] = true
			}
		}
		for _, workspace := range workspaces {
			for _, f := range s.search(t, subjects, who(p.Name(), workspace)).Results {
				bySubject[key(f.ID, p.Name(), workspace)] = true
			}
		}
	}
	for _, user := range people {
		for _, workspace := range workspaces {
			for _, f := range s.search(t, actions, what(user, workspace)).Results {
				byAction[key(user, f.Name, workspace)] = true
			}
		}
	}
	for name, got := range map[string]map[string]bool{"resource search": byResource, "subject search": bySubject, "action search": byAction, "batch": batched(t, s, people, workspaces, key)} {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(single)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s (-single checks +%s):\n%s", name, name, diff)
		}
	}
	if total := len(people) * len(workspaces) * len(schema.Of(schema.TypeWorkspace)); len(single) < 20 || len(single) > total/2 {
		t.Errorf("%d of %d questions are allowed, which tests little", len(single), total)
	}
}

// batched asks the same questions at once.
func batched(t *testing.T, s *service, people, workspaces []string, key func(user, permission, workspace string) string) map[string]bool {
	t.Helper()
	var items []json.RawMessage
	var keys []string
	for _, p := range schema.Of(schema.TypeWorkspace) {
		for _, user := range people {
			for _, workspace := range workspaces {
				items = append(items, json.RawMessage(question(user, p.Name(), workspace)))
				keys = append(keys, key(user, p.Name(), workspace))
			}
		}
	}
	raw, err := json.Marshal(map[string]any{"evaluations": items})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Evaluations []struct {
			Decision bool `json:"decision"`
		} `json:"evaluations"`
	}
	s.ask(t, evaluations, s.asker, string(raw)).Decode(t, &got)
	if len(got.Evaluations) != len(items) {
		t.Fatalf("%d answers to %d questions", len(got.Evaluations), len(items))
	}
	allowed := map[string]bool{}
	for i, e := range got.Evaluations {
		if e.Decision {
			allowed[keys[i]] = true
		}
	}
	return allowed
}
