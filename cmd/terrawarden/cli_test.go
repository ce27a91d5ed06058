package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/schema"
)

// shell runs commands against one running service.
type shell struct {
	binary string
	env    []string
}

func newShell(t *testing.T) shell {
	t.Helper()
	p := testkit.Serve(t, testkit.Sized(t, "embedded"), "TERRAWARDEN_EXAMPLE=true")
	return shell{testkit.Binary(t), append(os.Environ(), "TERRAWARDEN_SERVER="+p.URL, "TERRAWARDEN_TOKEN="+p.SiteToken)}
}

// run returns what a command printed and its exit status.
func (s shell) run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.binary, args...)
	cmd.Env, cmd.Dir = s.env, t.TempDir()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errOut.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), 0
}

func TestCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.MkdirAll(filepath.Join(wrong, "acme"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(wrong, "acme", "org.yaml"), []byte("admins:\n- zoe\nmembers: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	breaking := filepath.Join(t.TempDir(), "other.zed")
	if err := os.WriteFile(breaking, []byte("definition user {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		what   string
		args   string
		status int
		prints []string
	}{
		{"a check that is allowed", "check user:bob apply_run workspace:acme/prod", 0, []string{"allowed"}},
		{"a check that is denied", "check user:carol apply_run workspace:acme/prod", 1, []string{"denied"}},
		{"a check in another system's words", "check user:BOB otf:run:apply workspace:acme/prod", 0, []string{"allowed"}},
		{"a check of a team", "check team:acme/sre apply_run workspace:acme/prod", 0, []string{"allowed"}},
		{"a check on a scope above", "check user:alice workspace.apply_run organization:acme", 0, []string{"allowed"}},
		{"a check of somebody unknown", "check user:nobody apply_run workspace:acme/prod", 1, []string{"denied"}},
		{"a check of something unknown", "check user:bob apply_run workspace:acme/nothing", 1, []string{"denied"}},
		{"a check as JSON", "check user:bob apply_run workspace:acme/prod -o json", 0, []string{`"decision": true`}},
		{"a check that makes no sense", "check bob apply_run workspace:acme/prod", 2, []string{"type:id"}},
		{"a check without a server", "check user:bob apply_run workspace:acme/prod --server http://127.0.0.1:1", 2, []string{"cannot reach"}},
		{"a check with a wrong credential", "check user:bob apply_run workspace:acme/prod --token wrong", 2, []string{"401"}},
		{"an explanation of a yes", "explain user:bob apply_run workspace:acme/prod", 0, []string{"allowed", "tfe-write", "through team sre"}},
		{"an explanation of a no", "explain user:carol apply_run workspace:acme/prod", 1, []string{"denied", "tfe-plan", "apply_run needs", "tfe-write"}},
		{"who", "who apply_run workspace:acme/prod", 0, []string{"user:alice", "user:bob", "3 found"}},
		{"which teams", "who apply_run workspace:acme/prod --type team", 0, []string{"team:acme/sre", "team:acme/owners"}},
		{"what, by type", "what user:carol queue_plan workspace", 0, []string{"workspace:acme/prod", "workspace:acme/staging", "2 found"}},
		{"what, by object", "what user:carol workspace:acme/prod", 0, []string{"read_run", "queue_plan", "9 found"}},
		{"what, as JSON", "what user:carol workspace:acme/prod -o json", 0, []string{`"results"`, `"name": "queue_plan"`}},
		{"a dry import of a wrong file", "import peribolos " + wrong + " --dry-run", 2, []string{"acme/org.yaml:3"}},
		{"a dry import of nothing", "import peribolos " + filepath.Dir(breaking) + " --dry-run", 2, []string{"terrawarden:"}},
		{"a dry reconciliation", "reconcile --dry-run", 0, []string{"0 missing, 0 unexpected"}},
		{"the schema", "schema print", 0, []string{"definition workspace"}},
		{"the deployed schema", "schema check", 0, []string{"the same"}},
		{"a schema that loses everything", "schema diff " + breaking, 1, []string{"breaking", "workspace"}},
		{"the doctor", "doctor", 0, []string{"ok", "schema is current"}},
		{"the doctor without a patient", "doctor --server http://127.0.0.1:1", 1, []string{"FAILED", "terrawarden serve"}},
		{"the version", "version -o json", 0, []string{schema.Hash()}},
		{"an option that is none", "serve --no-such-option", 2, []string{"no-such-option"}},
		{"a configuration with two faults", "serve --engine cloud --listen here", 2, []string{"engine", "listen"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			stdout, stderr, status := s.run(t, strings.Fields(row.args)...)
			if status != row.status {
				t.Errorf("exit status %d, want %d\n%s%s", status, row.status, stdout, stderr)
			}
			for _, want := range row.prints {
				if !strings.Contains(stdout+stderr, want) {
					t.Errorf("it does not print %q:\n%s%s", want, stdout, stderr)
				}
			}
		})
	}
}

// TestDoctorAtEverySize looks at healthy deployments. A SpiceDB server may keep the schema in its own words; that is no
// finding.
func TestDoctorAtEverySize(t *testing.T) {
	t.Parallel()
	for _, size := range testkit.Sizes() {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			p := testkit.Serve(t, testkit.Sized(t, size))
			s := shell{testkit.Binary(t), append(os.Environ(), "TERRAWARDEN_SERVER="+p.URL, "TERRAWARDEN_TOKEN="+p.SiteToken)}
			for _, args := range [][]string{{"doctor"}, {"schema", "check"}, {"schema", "diff"}, {"reconcile", "--dry-run"}} {
				if stdout, stderr, status := s.run(t, args...); status != 0 {
					t.Errorf("%v: exit status %d\n%s%s", args, status, stdout, stderr)
				}
			}
		})
	}
}

// TestTokenContract holds what scripts rely on (DESIGN section 4).
func TestTokenContract(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	create := func(args ...string) (id, token string) {
		t.Helper()
		stdout, stderr, status := s.run(t, append([]string{"token", "create", "-o", "json"}, args...)...)
		var issued struct {
			ID    string `json:"id"`
			Token string `json:"token"`
		}
		if err := json.Unmarshal([]byte(stdout), &issued); status != 0 || err != nil || issued.ID == "" || issued.Token == "" {
			t.Fatalf("token create %v: status %d, %v\n%s%s", args, status, err, stdout, stderr)
		}
		return issued.ID, issued.Token
	}
	expect := func(what, token string, want int, args ...string) {
		t.Helper()
		if stdout, stderr, status := s.run(t, append(args, "--token", token)...); status != want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", what, status, want, stdout, stderr)
		}
	}
	_, zoe := create("--for", "user:zoe")
	expect("a created user asks about herself", zoe, 1, "check", "user:zoe", "apply_run", "workspace:acme/prod")
	expect("she asks about somebody else", zoe, 2, "check", "user:bob", "apply_run", "workspace:acme/prod")
	id, portal := create("--for", "service:portal", "--scope", "check,search", "--expires", "720h")
	expect("a service with the scope asks about anybody", portal, 0, "check", "user:bob", "apply_run", "workspace:acme/prod")
	expect("it has no scope to explain", portal, 2, "explain", "user:bob", "apply_run", "workspace:acme/prod")
	expect("it searches", portal, 0, "who", "apply_run", "workspace:acme/prod")
	_, mute := create("--for", "service:mute")
	expect("a service without scopes", mute, 2, "check", "user:bob", "apply_run", "workspace:acme/prod")
	if _, _, status := s.run(t, "token", "revoke", id); status != 0 {
		t.Fatalf("revoke: exit status %d", status)
	}
	expect("after it was revoked", portal, 2, "check", "user:bob", "apply_run", "workspace:acme/prod")
	stdout, _, _ := s.run(t, "token", "list")
	if !strings.Contains(stdout, "service:mute") || strings.Contains(stdout, "service:portal") || strings.Contains(stdout, mute) {
		t.Errorf("token list shows a revoked token, hides a live one, or shows a secret:\n%s", stdout)
	}
}
