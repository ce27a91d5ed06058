package rival

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	engine "github.com/terrawarden/terrawarden/internal/spicedb"
	"github.com/terrawarden/terrawarden/schema"
)

// A relation of OpenFGA has a name of at most fifty characters.
func TestTranslationIsLegal(t *testing.T) {
	t.Parallel()
	model, err := Translate()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range model.TypeDefinitions {
		for name := range d.Relations {
			if len(name) > 50 {
				t.Errorf("%s#%s is too long for OpenFGA", d.Type, name)
			}
		}
	}
}

// The translated model decides as SpiceDB does, on an estate and on the rare shapes that estates ask little of.
func TestTranslationDecidesLikeSpiceDB(t *testing.T) {
	t.Parallel()
	e := estate.Generate("tiny", 1, 2_500)
	relationships := e.Projection()
	theirs, ours := startOpenFGA(t, relationships), startSpiceDB(t, relationships)
	drawn := e.Questions(1, 400)
	questions := rareQuestions(e)
	for _, q := range drawn {
		questions = append(questions, q.Authz())
	}
	for _, q := range questions {
		theirs.requests = append(theirs.requests, theirs.check(q))
	}
	asker, err := theirs.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = asker.Close() })
	allowed := 0
	for i, q := range questions {
		d, err := ours.Check(t.Context(), q, authz.Consistency{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := asker.Ask(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if got != d.Allowed {
			t.Errorf("%s %s %s: OpenFGA %t, SpiceDB %t", q.Subject, q.Permission, q.Resource, got, d.Allowed)
		}
		if d.Allowed && i >= len(questions)-len(drawn) {
			allowed++
		}
	}
	if share := float64(allowed) / float64(len(drawn)); share < 0.3 || share > 0.5 {
		t.Errorf("%d of %d drawn questions are allowed, want 30 to 50 per cent", allowed, len(drawn))
	}
}

// rareQuestions asks what needs wildcards and intersections: every permission of organizations of their owners, and of
// secret teams of people in the organization.
func rareQuestions(e *estate.Estate) []authz.Question {
	var out []authz.Question
	ask := func(user string, resource authz.Object) {
		for _, p := range schema.Of(resource.Type) {
			out = append(out, authz.Question{Subject: authz.Object{Type: schema.TypeUser, ID: user}, Permission: p.Name(), Resource: resource})
		}
	}
	for _, o := range e.Facts.Organizations[:2] {
		for _, m := range e.Facts.TeamMembers {
			if m.TeamID == o.OwnersTeamID {
				ask(m.UserID, authz.Object{Type: schema.TypeOrganization, ID: o.ID})
			}
		}
	}
	for _, team := range e.Facts.Teams {
		if team.Visibility != catalog.VisibilitySecret {
			continue
		}
		for _, o := range e.Organizations {
			if o.ID == team.OrganizationID {
				ask(o.People[len(o.People)-1].ID, authz.Object{Type: schema.TypeTeam, ID: team.ID})
				ask(o.People[0].ID, authz.Object{Type: schema.TypeTeam, ID: team.ID})
			}
		}
	}
	return out
}

// envOpenFGA names the OpenFGA server to test with; without it one is built.
const envOpenFGA = "TERRAWARDEN_BENCH_OPENFGA"

func startOpenFGA(t *testing.T, relationships []authz.Relationship) *OpenFGAServer {
	t.Helper()
	program := os.Getenv(envOpenFGA)
	if program == "" {
		program = filepath.Join(t.TempDir(), "openfga")
		build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "github.com/openfga/openfga/cmd/openfga")
		build.Dir = filepath.Join("..", "openfga")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build OpenFGA: %v: %s", err, out)
		}
	}
	system, err := OpenFGA(t.Context(), NameOpenFGAMemory, Programs{OpenFGA: program}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = system.Close() })
	if err := system.Load(t.Context(), relationships); err != nil {
		t.Fatal(err)
	}
	return system
}

func startSpiceDB(t *testing.T, relationships []authz.Relationship) *engine.Embedded {
	t.Helper()
	e, err := engine.NewEmbedded(t.Context(), engine.EmbeddedConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.Seed(t.Context(), relationships); err != nil {
		t.Fatal(err)
	}
	return e
}
