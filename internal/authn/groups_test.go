package authn_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/authn"
	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/schema"
)

// told is what the engine says of the groups of the login's directory that a person is in.
func (w *trusting) told(t *testing.T, p catalog.Principal) []string {
	t.Helper()
	groups, err := w.Store.GroupsOf(t.Context(), "dex")
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for _, g := range groups {
		d, err := w.Engine.Check(t.Context(), authz.Question{
			Subject: p.Subject, Permission: schema.GroupMember.Name(), Resource: authz.Object{Type: schema.TypeGroup, ID: g.ID},
		}, authz.Consistency{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Allowed {
			in = append(in, g.DisplayName)
		}
	}
	slices.Sort(in)
	return in
}

func claiming(t *testing.T, overage func(context.Context, string) ([]string, error)) *trusting {
	t.Helper()
	return newTrusting(t, func(c *authn.IssuerConfig) {
		c.Groups = authn.GroupConfig{Claim: "groups", Directory: "dex", Trust: catalog.TrustTeams, Lifetime: time.Hour, Overage: overage}
	})
}

func TestGroupsOfAToken(t *testing.T) {
	t.Parallel()
	w := claiming(t, nil)
	steps := []struct {
		what  string
		claim any
		want  []string
	}{
		{"a list", []string{"sre", "platform"}, []string{"platform", "sre"}},
		{"the same again", []string{"platform", "sre"}, []string{"platform", "sre"}},
		{"one less, one more", []string{"platform", "security"}, []string{"platform", "security"}},
		{"no claim", nil, []string{"platform", "security"}},
		{"an empty list", []string{}, []string{"platform", "security"}},
		{"something else", 7, []string{"platform", "security"}},
		{"a list with something else in it", []any{"platform", 7}, []string{"platform", "security"}},
		{"a pointer to a list", map[string]any{"src": "elsewhere"}, []string{"platform", "security"}},
		{"text with commas", "platform, oncall", []string{"oncall", "platform"}},
	}
	for _, s := range steps {
		p := w.is(t, w.idp.Token(t, "ann", map[string]any{"groups": s.claim}))
		if diff := cmp.Diff(s.want, w.told(t, p)); diff != "" {
			t.Errorf("%s: groups (-want +got):\n%s", s.what, diff)
		}
	}
	// Somebody else who says nothing is in none of them.
	if in := w.told(t, w.is(t, w.idp.Token(t, "eve", map[string]any{"email": "eve@example.com"}))); in != nil {
		t.Errorf("eve is in %v", in)
	}
}

func TestGroupsWithoutAClaimConfigured(t *testing.T) {
	t.Parallel()
	w := newTrusting(t)
	p := w.is(t, w.idp.Token(t, "ann", map[string]any{"groups": []string{"sre"}}))
	if in := w.told(t, p); in != nil {
		t.Errorf("ann is in %v", in)
	}
}

func TestGroupsOfARefusedToken(t *testing.T) {
	t.Parallel()
	w := claiming(t, nil)
	ann := w.is(t, w.idp.Token(t, "ann", map[string]any{"groups": []string{"sre"}}))
	late := w.idp.Token(t, "ann", map[string]any{"groups": []string{"admins"}, "exp": time.Now().Add(-time.Hour).Unix()})
	if _, err := w.Authenticate(t.Context(), late); err == nil {
		t.Fatal("a token that has expired is taken")
	}
	if diff := cmp.Diff([]string{"sre"}, w.told(t, ann)); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// TestGroupsElsewhere asks the directory where a token only points to a list.
func TestGroupsElsewhere(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	answer, fails := []string{"g-1", "g-2"}, false
	w := claiming(t, func(_ context.Context, id string) ([]string, error) {
		asked[id]++
		if fails {
			return nil, errors.New("no answer")
		}
		return answer, nil
	})
	pointer := map[string]any{
		"groups": nil, "oid": "object-of-ann", "_claim_names": map[string]string{"groups": "src1"},
		"_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "http://127.0.0.1:1/stolen"}},
	}
	ann := w.is(t, w.idp.Token(t, "ann", pointer))
	if diff := cmp.Diff([]string{"g-1", "g-2"}, w.told(t, ann)); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	w.is(t, w.idp.Token(t, "ann", pointer))
	if diff := cmp.Diff(map[string]int{"object-of-ann": 1}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	for what, turn := range map[string]func(){
		"a failure":       func() { fails = true },
		"an empty answer": func() { fails, answer = false, nil },
	} {
		turn()
		fresh := maps.Clone(pointer)
		fresh["oid"] = "another-of-" + what
		w.is(t, w.idp.Token(t, "ann", fresh))
		if diff := cmp.Diff([]string{"g-1", "g-2"}, w.told(t, ann)); diff != "" {
			t.Errorf("after %s: groups (-want +got):\n%s", what, diff)
		}
	}
	short := w.is(t, w.idp.Token(t, "bob", map[string]any{"email": "bob@example.com", "hasgroups": true}))
	if in := w.told(t, short); in != nil {
		t.Errorf("bob, of whom the token gives no object id, is in %v", in)
	}
}
