package schema_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// grantCase is a built-in role in the hands of one holder at one scope.
type grantCase struct {
	role    schema.Role
	scope   object
	holder  object // the team on the binding
	subject object // its one member
	member  bool   // whether the subject is a member of acme
	atoms   map[schema.Permission]bool
}

func (c grantCase) String() string { return c.role.Name + " @ " + c.scope.String() }

// grantCases returns every built-in role at every scope it may be granted on. Scopes below the organization are in
// the second project, so that the default project is one beside them.
func grantCases() []grantCase {
	scopes := map[string]object{
		schema.TypePlatform: thePlatform, schema.TypeOrganization: acme, schema.TypeProject: second,
		schema.TypeWorkspace: wsSecond, schema.TypeStack: stSecond,
	}
	var out []grantCase
	for _, r := range schema.Roles() {
		for _, scope := range r.Scopes {
			out = append(out, newGrantCase(r, scopes[scope]))
		}
	}
	return out
}

func newGrantCase(r schema.Role, scope object) grantCase {
	c := grantCase{
		role: r, scope: scope, member: true, atoms: map[schema.Permission]bool{},
		holder: holderTeam, subject: object{schema.TypeUser, "holder"},
	}
	for _, a := range r.Atoms() {
		c.atoms[a] = true
	}
	switch {
	case r.Name == schema.RoleOwner:
		c.holder = ownersTeam
	case r.Name == schema.RoleOrganizationToken: // acts through a private team, which is in no organization
		c.subject, c.member = object{schema.TypeOrganizationToken, "token"}, false
	case scope == thePlatform:
		c.member = false
	}
	return c
}

// apply adds the grant to an estate. The holder of a role in an organization is a visible team of it; elsewhere it
// is a private team.
func (c grantCase) apply(e *estate) {
	e.bind(c.scope, c.role.Name, c.holder)
	e.add(c.holder, schema.RelMembership, c.subject)
	if !c.member {
		return
	}
	e.add(acme, schema.RelMembership, c.subject)
	if c.holder != ownersTeam {
		e.team(c.holder, acme, schema.RelVisibleIn)
	}
}

// holds is the rule of the model in one line: what the role contains is held at the scope and below.
func (c grantCase) holds(p schema.Permission, o object) bool { return c.atoms[p] && within(o, c.scope) }

// want says what the documents promise the case's subject, worked out without SpiceDB.
func (c grantCase) want(p schema.Permission, o object, allowForceDelete bool) bool {
	if o.typeName == schema.TypeTeam {
		return c.wantOnTeam(p, o)
	}
	held := c.holds(p, o)
	switch own := p.Type() == o.typeName; {
	case !own:
		return held
	case p == schema.OrganizationView:
		return held || (c.member && o == acme)
	case p == schema.OrganizationCreateWorkspace: // M4
		return c.want(schema.ProjectCreateWorkspace, map[object]object{acme: inDefault, other: foreign}[o], allowForceDelete)
	case p == schema.OrganizationCreateTeam: // M15
		return c.holds(schema.OrganizationManageTeams, o)
	case p == schema.OrganizationCreateSecretTeam: // M15
		return c.holds(schema.OrganizationManageTeams, o) && c.holds(schema.OrganizationAccessSecretTeams, o)
	case p == schema.ProjectRead: // M8
		belowIt := parentOf[c.scope] == o && c.scope.typeName != schema.TypeProject
		return held || (belowIt && c.atoms[p])
	case p == schema.ProjectCreateWorkspace || p == schema.ProjectCreateStack: // M4, M7
		return held || (o != second && c.holds(schema.OrganizationManageWorkspaces, parentOf[o]))
	case p == schema.WorkspaceForceDelete: // M3
		return (held && allowForceDelete) || c.holds(schema.OrganizationDelete, parentOf[parentOf[o]])
	case p == schema.WorkspaceRunLocally: // M13
		return c.holds(schema.WorkspaceLock, o) && c.holds(schema.WorkspaceWriteState, o)
	}
	return held
}

// wantOnTeam is want for the four kinds of teams (M15, P5 to P7).
func (c grantCase) wantOnTeam(p schema.Permission, team object) bool {
	org := parentOf[team]
	may := func(power schema.Permission) bool { return c.holds(power, org) }
	inIt := team == c.holder
	owner := team == ownersTeam || team == foreignOwners
	secret := may(schema.OrganizationAccessSecretTeams)
	// reach says whether a power of the ladder reaches this team.
	reach := func(power schema.Permission) bool {
		switch {
		case owner:
			return may(schema.OrganizationUpdate)
		case team == secretTeam:
			return secret && may(power)
		}
		return may(power)
	}
	auditor := c.holds(schema.PlatformAudit, thePlatform)
	manages := reach(schema.OrganizationManageMembership)
	switch p {
	case schema.TeamView:
		if team == secretTeam {
			return manages || auditor
		}
		return inIt || may(schema.OrganizationView) || (c.member && org == acme)
	case schema.TeamUpdate:
		return reach(schema.OrganizationManageTeams)
	case schema.TeamUpdateMembership:
		return manages
	case schema.TeamUpdateVisibility:
		return !owner && secret && may(schema.OrganizationManageTeams)
	case schema.TeamReadOrganizationAccess:
		return inIt || manages || auditor
	case schema.TeamUpdateOrganizationAccess:
		return !owner && reach(schema.OrganizationManageOrganizationAccess)
	case schema.TeamManageToken:
		return inIt || reach(schema.OrganizationManageTeams)
	case schema.TeamAssign:
		if team == secretTeam || owner {
			return manages
		}
		return may(schema.OrganizationView) || (c.member && org == acme)
	case schema.TeamDelete:
		return !owner && reach(schema.OrganizationManageTeams)
	}
	return false
}

// TestMatrix asks SpiceDB for every permission on every object, for every built-in role at every scope. The answers
// must equal the rule worked out in Go, and the golden file, which is there to be read.
func TestMatrix(t *testing.T) {
	t.Parallel()
	cases := grantCases()
	blocks := make([]string, len(cases))
	var questions, yes atomic.Int64
	t.Run("roles", func(t *testing.T) {
		t.Parallel()
		for i, c := range cases {
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				var asked, held int64
				blocks[i], asked, held = c.block(t)
				questions.Add(asked)
				yes.Add(held)
			})
		}
	})
	t.Cleanup(func() {
		t.Logf("%d roles at scopes, %d questions: %d yes, %d no", len(cases), questions.Load(), yes.Load(), questions.Load()-yes.Load())
		if !t.Failed() && !slices.Contains(blocks, "") {
			compareGolden(t, "matrix.golden", strings.Join(blocks, "\n"))
		}
	})
}

// block asks the questions of one case and writes its block of the golden file.
func (c grantCase) block(t *testing.T) (text string, asked, held int64) {
	t.Helper()
	e := newEstate(false)
	c.apply(e)
	dev := e.open(t)
	questions := everything(append(slices.Clone(estateObjects), c.ownTeam()...))
	answers := askAll(t, dev, c.subject, questions)
	asked = int64(len(questions))
	if c.member {
		standIn := askAll(t, dev, c.holder, questions)
		asked *= 2
		for i, q := range questions {
			if standIn[i] != answers[i] {
				t.Errorf("%s asks %s on %s: %t, and its team, the stand-in of its members: %t", c.subject, q.permission, q.resource, answers[i], standIn[i])
			}
		}
	}
	lines := map[object][]string{}
	for i, q := range questions {
		if want := c.want(q.permission, q.resource, false); answers[i] != want {
			t.Errorf("%s asks %s on %s: got %t, want %t", c.subject, q.permission, q.resource, answers[i], want)
		}
		if answers[i] {
			held++
			lines[q.resource] = append(lines[q.resource], shortName(q.permission, q.resource))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "== %s, held by %s\n", c, c.subject)
	for _, o := range append(slices.Clone(estateObjects), c.ownTeam()...) {
		fmt.Fprintf(&b, "%s: %s\n", o, cmp.Or(strings.Join(lines[o], " "), "-"))
	}
	return b.String(), asked, held
}

// ownTeam is the holder, where it is a team of acme that is not in the estate already.
func (c grantCase) ownTeam() []object {
	if !c.member || c.holder == ownersTeam {
		return nil
	}
	return []object{c.holder}
}

// shortName is the permission's name on its own type, its full one on a scope above.
func shortName(p schema.Permission, o object) string {
	if p.Type() == o.typeName {
		return p.Name()
	}
	return string(p)
}

// TestForceDeleteMatrix asks the one permission that a setting of the organization decides, with the setting on.
func TestForceDeleteMatrix(t *testing.T) {
	t.Parallel()
	p := schema.WorkspaceForceDelete
	for _, c := range grantCases() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			e := newEstate(true)
			c.apply(e)
			dev := e.open(t)
			questions := []question{{p, wsDefault}, {p, wsSecond}, {p, wsForeign}}
			for i, got := range askAll(t, dev, c.subject, questions) {
				if o := questions[i].resource; got != c.want(p, o, true) {
					t.Errorf("%s asks %s on %s: got %t, want %t", c.subject, p, o, got, !got)
				}
			}
		})
	}
}

// everyGrant is the estate with every role granted at every scope, each to somebody of its own.
func everyGrant() *estate {
	e := newEstate(true)
	for i, c := range grantCases() {
		if c.holder != ownersTeam {
			c.holder.id += strconv.Itoa(i)
		}
		c.subject.id += strconv.Itoa(i)
		c.apply(e)
	}
	return e
}

// TestEstateIsLegal lets SpiceDB check the relationships against the schema: those of the estate, of every atom
// (which the wildcard has), and of every kind of scope and holder.
func TestEstateIsLegal(t *testing.T) {
	t.Parallel()
	e := newEstate(true)
	for _, c := range grantCases() {
		if slices.Contains([]string{schema.RoleSiteAdmin, schema.RoleOrganizationToken, "terrakube-read"}, c.role.Name) {
			c.holder.id += c.role.Name
			c.apply(e)
		}
	}
	slices.Sort(e.rows)
	open(t, strings.Join(slices.Compact(e.rows), "\n"))
}

// TestNobodyElse grants every role at every scope at once, and asks for people who were granted nothing.
func TestNobodyElse(t *testing.T) {
	t.Parallel()
	dev := everyGrant().open(t)
	// what every member of acme has: sight of the organization and of the teams that are not secret
	members := map[object][]schema.Permission{
		acme:        {schema.OrganizationView},
		visibleTeam: {schema.TeamView, schema.TeamAssign},
		ownersTeam:  {schema.TeamView},
	}
	questions := everything(estateObjects)
	strangers, plain := askAll(t, dev, outsider, questions), askAll(t, dev, plainMember, questions)
	for i, q := range questions {
		if strangers[i] {
			t.Errorf("the outsider holds %s on %s", q.permission, q.resource)
		}
		if want := slices.Contains(members[q.resource], q.permission); plain[i] != want {
			t.Errorf("the plain member asks %s on %s: got %t, want %t", q.permission, q.resource, plain[i], want)
		}
	}
}

// compareGolden compares with a file of testdata, or rewrites it under -update.
func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s differs from the answers; if they are meant, run go test ./schema -run TestMatrix -update (-want +got):\n%s", path, d)
	}
}
