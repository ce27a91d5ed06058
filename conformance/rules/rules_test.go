package rules_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrawarden/terrawarden/conformance/rules"
	"github.com/terrawarden/terrawarden/conformance/server"
)

// files hold the rules, in the order of docs/conformance.md.
var files = []string{"hcp.rules", "tfc.rules", "otf.rules", "terrakube.rules", "infra0.rules"}

var update = flag.Bool("update", false, "write docs/conformance.md")

func read(t *testing.T) []rules.Document {
	t.Helper()
	all, err := rules.Read(os.DirFS("."), files...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// start starts the servers that rules name, each on an empty data directory.
func start(t *testing.T, names ...string) map[string]*rules.Session {
	t.Helper()
	binary := os.Getenv("TERRAWARDEN_TEST_BINARY")
	if binary == "" {
		t.Skip("not run: TERRAWARDEN_TEST_BINARY is not set; make conformance-rules sets it")
	}
	all := map[string]*rules.Session{}
	for _, name := range names {
		settings, log := rules.Servers()[name], filepath.Join(t.TempDir(), "log")
		session := &rules.Session{Administrators: settings.Administrators}
		if settings.Login {
			issuer, err := rules.NewIssuer()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(issuer.Close)
			session.Issuer, settings.Flags = issuer, issuer.Flags()
		}
		s, err := server.Start(server.Options{Binary: binary, Mode: settings.Mode, Flags: settings.Flags, Data: t.TempDir(), Log: log})
		if err != nil {
			said, _ := os.ReadFile(log)
			t.Fatalf("%v\n%s", err, said)
		}
		t.Cleanup(func() { stop(t, name, s) })
		session.URL, session.Token = s.URL, s.Token
		all[name] = session
	}
	return all
}

// stop stops a server, which must not have failed in what it was asked.
func stop(t *testing.T, name string, s *server.Server) {
	t.Helper()
	broken, err := s.Broken(context.WithoutCancel(t.Context()))
	if err == nil && broken.Total() > 0 {
		t.Errorf("server %s failed (5xx): %v", name, broken)
	}
	if err := errors.Join(err, s.Stop()); err != nil {
		t.Errorf("server %s: %v", name, err)
	}
}

// Every rule holds, and one that is said not to hold yet does not.
func TestRules(t *testing.T) {
	t.Parallel()
	all := read(t)
	servers := start(t, rules.ServerNames()...)
	t.Run("all", func(t *testing.T) {
		for _, d := range all {
			for _, r := range d.Rules {
				if len(r.Steps) == 0 {
					continue
				}
				t.Run(r.ID, func(t *testing.T) {
					t.Parallel()
					err := servers[r.Server].Run(t.Context(), r)
					var f *rules.StepError
					switch {
					case err != nil && r.NotYet == "":
						t.Error(err)
					case errors.As(err, &f) && f.Step.Section != rules.Allowed && f.Step.Section != rules.Refused:
						t.Errorf("does not come to what it is about: %v", err)
					case err == nil && r.NotYet != "":
						t.Error("holds now: its not-yet can go")
					}
				})
			}
		}
	})
}

// A rule that says what is not so fails, at the step and for the reason it names.
func TestWrongRules(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/wrong.rules")
	if err != nil {
		t.Fatal(err)
	}
	d, err := rules.Parse("wrong.rules", string(text))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "tfe")["tfe"]
	t.Run("all", func(t *testing.T) {
		for _, r := range d.Rules {
			t.Run(r.ID, func(t *testing.T) {
				t.Parallel()
				var f *rules.StepError
				err := s.Run(t.Context(), r)
				if !errors.As(err, &f) {
					t.Fatalf("%s: passes: %v", r.Says, err)
				}
				if f.Rule != r.ID || !strings.Contains(f.Reason, r.Here) {
					t.Errorf("%s: fails with %q in %s, want %q", r.Says, f.Reason, f.Rule, r.Here)
				}
				if said := f.Error(); f.Step.Text != "" && (!strings.Contains(said, f.Step.Text) || !strings.Contains(said, f.Request) || !strings.Contains(said, f.Answer)) {
					t.Errorf("the failure does not tell all: %s", said)
				}
			})
		}
	})
}

// docs/conformance.md is what the rules say. -update writes it.
func TestDocument(t *testing.T) {
	t.Parallel()
	const path = "../../docs/conformance.md"
	want := rules.Markdown(read(t))
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/conformance.md is not current: make conformance-rules-docs writes it")
	}
}

// A refusal that looks as if something were not there proves nothing unless somebody else finds it there.
func TestRefusalsHaveCounterparts(t *testing.T) {
	t.Parallel()
	for _, d := range read(t) {
		for _, r := range d.Rules {
			for _, step := range rules.Unmatched(r) {
				t.Errorf("%s, line %d: nobody makes this call with success: %s", d.File, step.Line, step.Text)
			}
		}
	}
}

// Asked about a permission that there is none, the service says no: a refusal counts only where the same question is
// answered with yes somewhere.
func TestRefusedActionsAreKnown(t *testing.T) {
	t.Parallel()
	all := read(t)
	known := map[string]bool{}
	each := func(look func(d rules.Document, s rules.Step, question string)) {
		for _, d := range all {
			for _, r := range d.Rules {
				for _, s := range r.Steps {
					typeName, _, _ := strings.Cut(s.Object, ":")
					for _, action := range s.Actions {
						look(d, s, typeName+" "+action)
					}
				}
			}
		}
	}
	each(func(_ rules.Document, s rules.Step, question string) { known[question] = known[question] || !s.Not })
	each(func(d rules.Document, s rules.Step, question string) {
		if !known[question] {
			t.Errorf("%s, line %d: nobody may %s", d.File, s.Line, question)
		}
	})
}
