package authorization_test

import (
	"net/http"
	"strings"
	"testing"
)

// reads says who may read what, in the order of the columns: + answered, - 404, f 403, ? not said here. A team token is no
// member of its team, so the crew's does not manage itself (research tfe-api 6.7).
var reads = []struct{ path, want string }{
	//                                      AUOPMNIXTWGD
	{"organizations/{org}", "+++++++-+++-"},
	{"organizations/{org}/entitlement-set", "+++++++-+++-"},
	{"organizations/{org}/capacity", "+++++++-+++-"},
	{"organizations/{org}/teams", "+++++++-+++-"},
	{"organizations/{org}/projects", "+++++++-+++-"},
	{"organizations/{org}/workspaces", "+++++++-+++-"},
	{"organizations/{org}/organization-memberships", "+++++++-+++-"},
	{"organizations/{org}/tags", "+++++++-+++-"},
	{"organizations/{org}/stacks", "+++++++-+++-"},
	{"organizations/{org}/team-tokens", "+++++++-+++-"},
	{"organizations/{org}/agent-pools", "+?++-----+--"},
	{"organizations/{org}/authentication-token", "+-++-----+--"},
	{"organizations/{org}/token-ttl-policies", "+f++fff-f+f-"},
	{"agent-pools/{pool}", "+?++-----+--"},
	{"teams/{crew}", "+++++++-+++-"},
	{"teams/{crew}/relationships/organization-memberships", "+++++++-+++-"},
	{"teams/{crew}/authentication-token", "+-+++----++-"},
	{"teams/{ring}", "++++-----++-"},
	{"teams/{ring}/relationships/organization-memberships", "++++-----++-"},
	{"teams/{owners}", "+++++++-+++-"},
	{"teams/{owners}/authentication-token", "+-++-----+--"},
	{"projects/{apps}", "+++++---+++-"},
	{"projects/{apps}/tag-bindings", "+++++---+++-"},
	{"projects/{apps}/effective-tag-bindings", "+++++---+++-"},
	{"projects/{quiet}", "++++-----++-"},
	{"workspaces/{web}", "+++++---+++-"},
	{"workspaces/{web}/relationships/tags", "+++++---+++-"},
	{"workspaces/{web}/relationships/remote-state-consumers", "+++++---+++-"},
	{"workspaces/{web}/tag-bindings", "+++++---+++-"},
	{"workspaces/{web}/effective-tag-bindings", "+++++---+++-"},
	{"workspaces/{vault}", "++++-----++-"},
	{"stacks/{stack}", "++++-----+--"},
	{"team-workspaces?filter%5Bworkspace%5D%5Bid%5D={web}", "+++++???+++-"},
	{"team-workspaces/{crewOnWeb}", "+++++---+++-"},
	{"team-projects?filter%5Bproject%5D%5Bid%5D={quiet}", "++++??????+-"},
	{"team-projects/{onApps}", "++++-----++-"},
	{"organization-memberships/{memberN}", "++++-+---++-"},
	{"users/{userM}", "+++++++-+++-"},
	{"users/{userM}/authentication-tokens", "----+-------"},
	{"authentication-tokens/{tokenM}", "----+-------"},
	{"authentication-tokens/{tokenCrew}", "+-+++----++-"},
	{"authentication-tokens/{tokenOrg}", "+-++-----+--"},
	{"account/details", "+++++++++++?"},
	{"organization-memberships", "++++++++????"},
	{"organization/audit-trail", "????----??++"},
	{"admin/users", "++----------"},
	{"admin/organizations", "++----------"},
	{"admin/organizations/{org}", "++----------"},
	{"admin/workspaces", "++----------"},
	{"admin/workspaces/{web}", "++----------"},
	{"admin/scim-settings", "++----------"},
	{"admin/scim-groups", "++----------"},
	{"admin/scim-tokens", "++----------"},
}

// testReads reads everything as everybody.
func testReads(t *testing.T, s *suite) {
	w := s.town(t)
	w.callers['E'] = w.expired(t)
	userM, memberN := w.userID(t, w.callers['M']), w.membershipOf(t, w.callers['N'])
	for _, row := range reads {
		path := strings.NewReplacer("{userM}", userM, "{memberN}", memberN).Replace(w.fill(row.path))
		for i, column := range columns {
			if row.want[i] == '?' {
				continue
			}
			s.test(t, string(column)+" "+row.path, func(t *testing.T) {
				expect(t, "GET", w.callers[column].call(t, http.MethodGet, path, "").outcome(), marks[rune(row.want[i])])
			})
		}
		for _, column := range strange {
			s.test(t, string(column)+" "+row.path, func(t *testing.T) {
				expect(t, "GET", w.callers[column].call(t, http.MethodGet, path, "").outcome(), unauthorized)
			})
		}
	}
}
