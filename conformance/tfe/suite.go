package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gotfe is the package whose tests are run, at the version that go.mod names.
const gotfe = "github.com/hashicorp/go-tfe"

// Suite is go-tfe's test binary and the folder of its fixtures.
type Suite struct {
	Version string
	binary  string
	dir     string
}

// build compiles go-tfe's tests into dir, from the module cache; module is the folder of our go.mod.
func build(ctx context.Context, module, dir string) (*Suite, error) {
	s := &Suite{binary: filepath.Join(dir, "go-tfe.test")}
	// Read first: the archive of a module is fetched when its folder is asked for.
	if _, err := command(ctx, module, "go", "mod", "download", gotfe); err != nil {
		return nil, err
	}
	out, err := command(ctx, module, "go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", gotfe)
	if err != nil {
		return nil, err
	}
	version, folder, ok := strings.Cut(strings.TrimSpace(out), " ")
	if !ok {
		return nil, fmt.Errorf("the module cache has no %s", gotfe)
	}
	s.Version, s.dir = version, folder
	_, err = command(ctx, module, "go", "test", "-c", "-o", s.binary, gotfe)
	return s, err
}

// List returns the names of all top-level tests.
func (s *Suite) List(ctx context.Context) ([]string, error) {
	out, err := command(ctx, s.dir, s.binary, "-test.list", "^Test")
	return strings.Fields(out), err
}

// Outcome is one top-level test that ran.
type Outcome struct {
	Test     string
	Verdicts Verdicts
	Took     time.Duration
}

// Run runs one top-level test in a process of its own, so that one that panics, hangs or keeps state in a variable
// harms no other. Its output goes to a file. A limit bounds it.
func (s *Suite) Run(ctx context.Context, test string, env []string, limit time.Duration, log string) (Outcome, error) {
	out, err := os.Create(log)
	if err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, "-test.run", "^"+test+"$", "-test.v=test2json", "-test.timeout", limit.String()) //nolint:gosec // the binary just built
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, env, out, out
	cmd.WaitDelay = time.Second
	begin := time.Now()
	err = cmd.Run()
	took := time.Since(begin)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) && ctx.Err() == nil {
		return Outcome{}, errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return Outcome{}, err
	}
	written, err := os.ReadFile(log)
	if err != nil {
		return Outcome{}, err
	}
	verdicts, err := readVerdicts(bytes.NewReader(written))
	if err == nil && verdicts[test] == "" {
		err = fmt.Errorf("%s did not run, see %s", test, log)
	}
	return Outcome{Test: test, Verdicts: verdicts, Took: took}, err
}

// command runs a program to its end and returns what it printed on standard output.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // programs of ours, named here
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, &stderr)
	}
	return string(out), nil
}
