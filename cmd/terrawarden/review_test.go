package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestReviews types the commands that look at access, on the example organization.
func TestReviews(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for _, row := range []struct {
		command string
		status  int
		says    []string // on standard output, or on standard error where the status is not 0
	}{
		{"access user:bob workspace:acme/prod", 0, []string{"tfe-write", "team:acme/sre", "directly", "apply_run", "follows from lock and write_state"}},
		{"access user:dave workspace:acme/prod", 0, []string{"user:dave may do nothing on workspace:acme/prod"}},
		{"access user:bob prod", 2, []string{"the object must be type:id"}},
		{"access user:ghost workspace:acme/prod", 2, []string{"no such subject"}},
		{"matrix workspace:acme/prod", 0, []string{"team:acme/sre", "tfe-write", "owner on organization:acme", "everything", "user:site-admin"}},
		{"matrix workspace:acme/prod --people", 0, []string{"user:alice", "user:bob", "user:carol"}},
		{"matrix team:acme/sre", 2, []string{"must be the platform"}},
		{"what-if remove member user:bob team:acme/sre", 0, []string{"lose", "user:bob", "apply_run", "workspace:acme/prod", "workspace:acme/staging"}},
		{"what-if add member user:bob team:acme/sre", 0, []string{"nobody would gain or lose anything"}},
		{"what-if add grant team:acme/developers tfe-write workspace:acme/prod --expires 2099-01-01T00:00:00Z", 0, []string{"gain", "user:carol", "apply_run"}},
		{"what-if remove member user:alice organization:acme", 2, []string{"must keep an owner"}},
		{"what-if remove grant:nothing", 2, []string{"not found"}},
		{"what-if add link user:x team:acme/sre", 2, []string{"as in group:"}},
		{"what-if turn grant:x", 2, []string{"add or remove"}},
		{"what-if add grant team:acme/sre", 2, []string{"what-if takes"}},
		{"what-if remove grant:x --expires tomorrow", 2, []string{"--expires"}},
	} {
		out, errOut, status := s.run(t, strings.Fields(row.command)...)
		if row.status != 0 {
			out = errOut
		}
		for _, want := range row.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", row.command, want, out)
			}
		}
		if status != row.status {
			t.Errorf("%s ends with %d, want %d: %s", row.command, status, row.status, errOut)
		}
	}
}

// TestReviewsInJSON reads what scripts read.
func TestReviewsInJSON(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	for command, member := range map[string]string{
		"access user:bob workspace:acme/prod":          "sources",
		"matrix workspace:acme/prod":                   "rows",
		"what-if remove member user:bob team:acme/sre": "changes",
	} {
		out, errOut, status := s.run(t, append(strings.Fields(command), "-o", "json")...)
		var answer map[string]json.RawMessage
		var list []any
		if err := json.Unmarshal([]byte(out), &answer); status != 0 || err != nil {
			t.Errorf("%s: %d %v %s%s", command, status, err, out, errOut)
			continue
		}
		if err := json.Unmarshal(answer[member], &list); err != nil || len(list) == 0 || slices.Contains(list, nil) {
			t.Errorf("%s: %s is %s", command, member, answer[member])
		}
	}
}
