package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit"
)

// TestTheTour types the commands of the pages with a tour, as a new user would, and compares what they answer with what the
// page says.
func TestTheTour(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no curl; .ci/run brings it")
		}
		t.Skip("there is no curl")
	}
	for _, page := range []string{"tfe.md", "roles.md"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			takeTour(t, page)
		})
	}
}

func takeTour(t *testing.T, page string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	script, answers := fenced(t, string(raw), "```sh\n"), fenced(t, string(raw), "```\n")
	p := testkit.Serve(t, testkit.Sized(t, "embedded"))
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "site-token"), []byte(p.SiteToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(testkit.Binary(t), filepath.Join(dir, "bin", "terrawarden")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "http://127.0.0.1:8080", p.URL))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TERRAWARDEN_SERVER="+p.URL, "TERRAWARDEN_TOKEN="+p.SiteToken)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour ended with %v\n%s", err, out)
	}
	for want := range strings.Lines(answers) {
		if want = strings.TrimSpace(want); !strings.Contains(string(out), want) {
			t.Errorf("the answers do not hold %s\n%s", want, out)
		}
	}
}

// fenced returns the first block of a page that a fence begins.
func fenced(t *testing.T, page, fence string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n"+fence)
	for found && fence == "```\n" && strings.HasPrefix(rest, "\n") { // the end of another block
		_, rest, found = strings.Cut(rest, "\n"+fence)
	}
	block, _, closed := strings.Cut(rest, "\n```")
	if !found || !closed {
		t.Fatalf("the page has no block that begins with %q", fence)
	}
	return block
}
