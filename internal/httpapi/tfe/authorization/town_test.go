package authorization_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tfe "github.com/hashicorp/go-tfe"
)

// columns are who calls in the tables of this suite:
//
//	A site admin   U site auditor   O owner        P second owner
//	M team member  N plain member   I invited, at his first call   X outsider
//	T token of M's team   W token of the owners team   G organization token   D audit-trails token
//
// S, suspended, E, by a token that has expired, and R, by one that was revoked, are no callers at all.
const (
	columns = "AUOPMNIXTWGD"
	strange = "SER"
)

// marks are what a table expects of each column.
var marks = map[rune]outcome{'+': allowed, '-': refused, 'f': forbidden}

// town is an organization with one of everything. M's team, the crew, has write on the workspace web in the project apps.
// The secret team ring has read on web, too, and the visible team others read on the project quiet, with the workspace
// vault. P is in ring.
type town struct {
	*estate
	callers                        map[rune]*caller
	crew, others, ring             string // teams
	apps, quiet                    string // projects
	web, vault                     string // workspaces
	stack, pool, crewOnWeb, onApps string
	// ids of tokens
	tokenCrew, tokenOwners, tokenOrg, tokenTrails, tokenM string
}

func (s *suite) town(t *testing.T) *town {
	t.Helper()
	w := &town{estate: s.organization(t), callers: map[rune]*caller{}}
	w.crew, w.others, w.ring = w.team(t, visible), w.team(t, visible), w.team(t, secret)
	w.apps, w.quiet = w.project(t), w.project(t)
	w.web, w.vault = w.workspace(t, w.apps), w.workspace(t, w.quiet)
	w.crewOnWeb = w.giveWorkspace(t, w.crew, w.web, "write", nil)
	w.giveWorkspace(t, w.ring, w.web, "read", nil)
	w.onApps = w.giveProject(t, w.others, w.quiet, "read", nil)
	stack := document(t, "stacks", map[string]any{"name": w.fresh("stack")}, map[string]any{"project": to("projects", w.apps)})
	r := w.owner.call(t, http.MethodPost, "stacks", stack)
	must(t, "create a stack", r.outcome())
	w.stack = r.resource(t).ID
	pool, err := w.owner.api.AgentPools.Create(t.Context(), w.name, tfe.AgentPoolCreateOptions{Name: tfe.String(w.fresh("pool"))})
	must(t, "create an agent pool", of(err))
	w.pool = pool.ID
	w.people(t)
	w.tokens(t)
	return w
}

func (w *town) people(t *testing.T) {
	t.Helper()
	w.callers['A'], w.callers['O'] = w.admin, w.owner
	w.callers['U'] = w.person(t, w.fresh("auditor"))
	w.act(t, w.callers['U'], "grant_site_auditor")
	w.callers['P'] = w.member(t, w.ownersTeam, w.ring)
	w.callers['M'] = w.member(t, w.crew)
	w.callers['N'] = w.plain(t)
	w.callers['I'] = w.person(t, w.fresh("invited"))
	w.invite(t, w.callers['I'])
	w.callers['X'] = w.person(t, w.fresh("outsider"))
	w.callers['S'] = w.member(t, w.crew)
	w.act(t, w.callers['S'], "suspend")
}

func (w *town) tokens(t *testing.T) {
	t.Helper()
	crew, err := w.owner.api.TeamTokens.Create(t.Context(), w.crew)
	must(t, "issue a team token", of(err))
	owners, err := w.owner.api.TeamTokens.Create(t.Context(), w.ownersTeam)
	must(t, "issue the owners' token", of(err))
	organization, err := w.owner.api.OrganizationTokens.Create(t.Context(), w.name)
	must(t, "issue an organization token", of(err))
	kind := tfe.AuditTrailToken
	trails, err := w.owner.api.OrganizationTokens.CreateWithOptions(t.Context(), w.name, tfe.OrganizationTokenCreateOptions{TokenType: &kind})
	must(t, "issue an audit-trails token", of(err))
	mine, err := w.callers['M'].api.UserTokens.Create(t.Context(), w.userID(t, w.callers['M']), tfe.UserTokenCreateOptions{})
	must(t, "issue a user token", of(err))
	w.tokenCrew, w.tokenOwners, w.tokenOrg, w.tokenTrails, w.tokenM = crew.ID, owners.ID, organization.ID, trails.ID, mine.ID
	w.callers['T'], w.callers['W'] = w.caller(t, crew.Token), w.caller(t, owners.Token)
	w.callers['G'], w.callers['D'] = w.caller(t, organization.Token), w.caller(t, trails.Token)

	ended, err := w.owner.api.TeamTokens.CreateWithOptions(t.Context(), w.crew, tfe.TeamTokenCreateOptions{Description: tfe.String("revoked")})
	must(t, "issue a token", of(err))
	w.callers['R'] = w.caller(t, ended.Token)
	must(t, "revoke it", of(w.owner.api.TeamTokens.DeleteByID(t.Context(), ended.ID)))
}

// expired returns who calls with a token that has just expired.
func (w *town) expired(t *testing.T) *caller {
	t.Helper()
	expiry := time.Now().Add(time.Second).UTC()
	raw := encode(t, map[string]any{"kind": "user", "name": w.callers['M'].name, "expires_at": expiry})
	r := w.run.Call(t, http.MethodPost, "/admin/v1/tokens", w.run.SiteToken, raw)
	if r.Status != http.StatusCreated {
		t.Fatalf("issue a token: %d %s", r.Status, r.Body)
	}
	var issued struct{ Token string }
	r.Decode(t, &issued)
	c := &caller{token: issued.Token, s: w.suite}
	for range 1000 {
		if c.call(t, http.MethodGet, "account/details", "").outcome() == unauthorized {
			return c
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("a token outlives its expiry")
	return nil
}

// act does something to a person as the site admin.
func (s *suite) act(t *testing.T, who *caller, action string) {
	t.Helper()
	r := s.admin.call(t, http.MethodPost, "admin/users/"+s.userID(t, who)+"/actions/"+action, "")
	must(t, action, r.outcome())
}

// userID returns the id of a person, as the site administration knows it.
func (s *suite) userID(t *testing.T, who *caller) string {
	t.Helper()
	found := s.admin.list(t, "admin/users?q="+who.name+"%40users.invalid")
	if len(found) != 1 {
		t.Fatalf("%d people have the address of %s", len(found), who.name)
	}
	return found[0].ID
}

// fill puts names of the town into a path: {org}, {web} and so on.
func (w *town) fill(path string) string {
	return strings.NewReplacer(
		"{org}", w.name, "{crew}", w.crew, "{others}", w.others, "{ring}", w.ring, "{owners}", w.ownersTeam,
		"{apps}", w.apps, "{quiet}", w.quiet, "{web}", w.web, "{vault}", w.vault, "{stack}", w.stack, "{pool}", w.pool,
		"{crewOnWeb}", w.crewOnWeb, "{onApps}", w.onApps, "{tokenCrew}", w.tokenCrew, "{tokenOrg}", w.tokenOrg, "{tokenM}", w.tokenM,
	).Replace(path)
}
