package main_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
)

// TestTheSyncTour types the section of docs/sync.md that fires somebody: a directory, the service, the plan, and the
// accident after it. What each block answers is compared with what the page says it does.
func TestTheSyncTour(t *testing.T) {
	t.Parallel()
	server := slapd.Program(t)
	for _, name := range []string{"ldapadd", "ldapmodify", "ldapdelete", "ldapsearch", "ldapwhoami"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("there is no %s; Debian has it in ldap-utils", name)
			}
			t.Skipf("there is no %s; Debian has it in ldap-utils", name)
		}
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "sync.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := stepsOf(t, string(raw), "## From an empty directory to a fired person")
	var script strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\necho '%s'\n", s.typed, endOfStep)
	}
	directory, service := quietPort(t, 10000), quietPort(t, 15000)
	text := strings.NewReplacer("/usr/sbin/slapd", server, "127.0.0.1:3389", directory, "127.0.0.1:8080", service).Replace(script.String())
	out := typeInto(t, repository(t), text, "TERRAWARDEN_SERVER=http://"+service)
	parts := strings.Split(out, endOfStep)
	for i, s := range steps {
		if i >= len(parts)-1 {
			t.Fatalf("the tour ends in\n%s\n%s", s.typed, out)
		}
		if got := strings.TrimPrefix(parts[i], "\n"); !answered(s.answers, got) {
			t.Errorf("%s\nis answered by\n%s\nand the page says\n%s", s.typed, got, s.answers)
		}
	}
}

// endOfStep is written after each block.
const endOfStep = "=== that was a block ==="

// step is a block of commands, and the block after it with what they answer, "" for nothing.
type step struct{ typed, answers string }

// stepsOf returns the blocks of a section of a page.
func stepsOf(t *testing.T, page, heading string) []step {
	t.Helper()
	_, section, found := strings.Cut(page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("the page has no section %q", heading)
	}
	var steps []step
	fence := regexp.MustCompile("(?ms)^```(sh)?\n(.*?)^```$|^## ")
	for _, m := range fence.FindAllStringSubmatch(section, -1) {
		switch {
		case m[0] == "## ": // the next section
			return steps
		case m[1] == "sh":
			steps = append(steps, step{typed: m[2]})
		case len(steps) == 0 || steps[len(steps)-1].answers != "":
			t.Fatalf("the page answers what nobody has typed:\n%s", m[2])
		default:
			steps[len(steps)-1].answers = m[2]
		}
	}
	return steps
}

// answered reports whether an answer is what a page says. A … stands for anything in its line; a line of its own, for any lines.
func answered(page, answer string) bool {
	like := "^"
	for line := range strings.Lines(page) {
		if strings.TrimSpace(line) == "…" {
			like += `(?:[^\n]*\n)*?`
			continue
		}
		like += strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " \n")), "…", `[^\n]*`) + ` *\n`
	}
	return regexp.MustCompile(like + "$").MatchString(answer)
}

// repository returns an empty folder that has of this repository what a tour needs.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	deploy, err := filepath.Abs(filepath.Join("..", "..", "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]string{filepath.Join("bin", "terrawarden"): testkit.Binary(t), "deploy": deploy} {
		if err := os.Symlink(there, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// typeInto has bash do a script in a folder, and returns what it and its servers have written. Whatever the script has
// started ends with it.
func typeInto(t *testing.T, dir, script string, env ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), env...), 10*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = end
	out, err := cmd.CombinedOutput()
	if cmd.Process != nil {
		_ = end() // nobody is left where the script has ended as it says
	}
	if err != nil {
		logs := ""
		for _, name := range []string{"tour/log", "tour/ldap/log"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				logs += "\n" + name + ":\n" + string(text)
			}
		}
		t.Fatalf("the tour ended with %v\n%s%s", err, out, logs)
	}
	return string(out)
}

// quietPort returns an address of the own machine that nobody listens on, with a port from one on and below those that the
// kernel gives to others.
func quietPort(t *testing.T, from int) string {
	t.Helper()
	const span = 5000
	for i := range span {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(from+(os.Getpid()+i)%span))
		if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}
