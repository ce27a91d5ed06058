package main_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// entry is an audit event as the command prints it.
type entry struct {
	Action  string `json:"action"`
	Outcome string `json:"outcome"`
}

// auditLog runs the command as JSON.
func auditLog(t *testing.T, s shell, args ...string) []entry {
	t.Helper()
	stdout, stderr, status := s.run(t, append([]string{"audit", "-o", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("audit %v: exit status %d %s", args, status, stderr)
	}
	var page struct {
		Events []entry `json:"events"`
	}
	if err := json.Unmarshal([]byte(stdout), &page); err != nil {
		t.Fatalf("audit %v: %v in %s", args, err, stdout)
	}
	return page.Events
}

func TestAudit(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	stdout, _, status := s.run(t, "token", "create", "--for", "user:bob", "-o", "json")
	var bob struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal([]byte(stdout), &bob); err != nil || status != 0 {
		t.Fatalf("token: %v in %s", err, stdout)
	}
	if _, _, status := s.run(t, "token", "create", "--for", "user:carol", "--token", bob.Token); status != 2 {
		t.Fatalf("bob makes a token for carol: exit status %d", status)
	}
	for _, row := range []struct {
		args   string
		status int
		prints []string
		not    string
	}{
		{"audit", 0, []string{"ACTION", "user:site-admin", "token.create", "refused: bob may not"}, "\x1b"},
		{"audit --organization acme", 0, []string{"team:acme/sre", "organization:acme"}, "token.create"},
		{"audit --refused", 0, []string{"platform.administer"}, "token.create"},
		{"audit --actor user:bob", 0, []string{"user:bob", "refused"}, "site-admin"},
		{"audit --action team.create --since 1h", 0, []string{"team.create"}, "grant.create"},
		{"audit --last 1", 0, []string{"refused"}, "token.create"},
		{"audit --last 2000", 2, []string{"--last"}, "ACTION"},
		{"audit --organization nothing", 2, []string{"404"}, "ACTION"},
		{"audit --token " + bob.Token, 2, []string{"403", "organization"}, "ACTION"},
		{"doctor", 0, []string{"audit events are as they were written"}, "FAILED"},
	} {
		stdout, stderr, status := s.run(t, strings.Fields(row.args)...)
		if status != row.status {
			t.Errorf("%s: exit status %d, want %d\n%s%s", row.args, status, row.status, stdout, stderr)
		}
		for _, want := range row.prints {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s does not print %q:\n%s%s", row.args, want, stdout, stderr)
			}
		}
		if strings.Contains(stdout, row.not) {
			t.Errorf("%s prints %q:\n%s", row.args, row.not, stdout)
		}
	}
	all := auditLog(t, s, "--since", "1h")
	if last := all[len(all)-1]; len(all) < 10 || last.Outcome != "refused" || all[0].Action != "user.create" {
		t.Errorf("%d events, the first %+v and the last %+v", len(all), all[0], last)
	}
	if none := auditLog(t, s, "--last", "0"); len(none) != 0 {
		t.Errorf("none of the newest are %+v", none)
	}
}

// TestAuditFollows starts the command and waits for what happens then.
func TestAuditFollows(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	cmd := exec.CommandContext(t.Context(), s.binary, "audit", "--follow", "--last", "1", "-o", "json")
	cmd.Env, cmd.Dir = s.env, t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func() (e entry) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the command ended: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		return e
	}
	if e := next(); e.Action != "grant.create" { // the last of the example
		t.Errorf("the newest is %+v", e)
	}
	if _, stderr, status := s.run(t, "token", "create", "--for", "user:eve"); status != 0 {
		t.Fatal(stderr)
	}
	if first, second := next(), next(); first.Action != "user.create" || second.Action != "token.create" {
		t.Errorf("then come %+v and %+v", first, second)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted, it ends with %v", err)
	}
}
