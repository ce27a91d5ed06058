package protocol_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"
)

func TestAuditTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.organization(t, "owner", "acme")
	s.organization(t, "other", "other")
	team := s.team(t, "owner", "acme", visible("ops"), "member")
	organizationToken, err := s.as(t, "owner").OrganizationTokens.Create(t.Context(), "acme")
	must(t, err)
	trailsToken, err := s.as(t, "owner").OrganizationTokens.CreateWithOptions(t.Context(), "acme", tfe.OrganizationTokenCreateOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)})
	must(t, err)
	hidden(t, "a member deletes his team", s.as(t, "member").Teams.Delete(t.Context(), team.ID))

	for what, token := range map[string]string{"the organization token": organizationToken.Token, "the audit-trails token": trailsToken.Token} {
		trail, err := s.as(t, token).AuditTrails.List(t.Context(), nil)
		must(t, err)
		if trail.TotalCount != len(trail.Items) || trail.CurrentPage != 1 || trail.TotalPages != 1 || trail.NextPage != 0 || trail.PreviousPage != 0 {
			t.Errorf("%s: %d events on the page %+v", what, len(trail.Items), trail.AuditTrailPagination)
		}
		refusal, made := trail.Items[0], slices.IndexFunc(trail.Items, func(e *tfe.AuditTrail) bool { return e.Resource.ID == team.ID && e.Resource.Action == "create" })
		if refusal.Auth.AccessorID != s.id(t, "member") || refusal.Auth.Description != "member" || refusal.Auth.Type != "Client" || refusal.Auth.OrganizationID != o.ExternalID ||
			refusal.Resource.ID != team.ID || refusal.Resource.Type != "team" || refusal.Resource.Action != "delete" || refusal.Resource.Meta["outcome"] != "refused" ||
			refusal.Request.ID == "" || refusal.Version != "0" || refusal.Type != "Resource" || time.Since(refusal.Timestamp) > time.Hour {
			t.Errorf("%s: the newest event is %+v, want the refusal", what, refusal)
		}
		if made < 0 || trail.Items[made].Auth.Description != "owner" || trail.Items[made].Resource.Meta["outcome"] != "done" {
			t.Errorf("%s: no event of the team's creation", what)
		}
		for _, e := range trail.Items {
			if e.Auth.OrganizationID != o.ExternalID {
				t.Errorf("%s: an event of somebody else: %+v", what, e)
			}
		}
		second, err := s.as(t, token).AuditTrails.List(t.Context(), &tfe.AuditTrailListOptions{ListOptions: &tfe.ListOptions{PageNumber: 2, PageSize: 3}})
		must(t, err)
		if len(second.Items) != 3 || second.Items[0].ID != trail.Items[3].ID || second.PreviousPage != 1 || second.NextPage != 3 || second.TotalCount != trail.TotalCount {
			t.Errorf("%s: the second page is %+v with %d events", what, second.AuditTrailPagination, len(second.Items))
		}
		since, err := s.as(t, token).AuditTrails.List(t.Context(), &tfe.AuditTrailListOptions{Since: time.Now().Add(time.Hour)})
		must(t, err)
		if len(since.Items) != 0 || since.TotalCount != 0 {
			t.Errorf("%s: %d events of the future", what, len(since.Items))
		}
	}
}

// TestAttemptsOfOutsiders are in the trail of whom they concern, also where the outsider was told that there is nothing.
func TestAttemptsOfOutsiders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.organization(t, "owner", "acme")
	s.organization(t, "other", "other")
	team := s.team(t, "owner", "acme", secret("ops"), "member")
	trailsToken, err := s.as(t, "owner").OrganizationTokens.CreateWithOptions(t.Context(), "acme", tfe.OrganizationTokenCreateOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)})
	must(t, err)
	refusals := func() (out []*tfe.AuditTrail) {
		t.Helper()
		trail, err := s.as(t, trailsToken.Token).AuditTrails.List(t.Context(), nil)
		must(t, err)
		for _, e := range trail.Items {
			if e.Resource.Meta["outcome"] == "refused" {
				out = append(out, e)
			}
		}
		return out
	}
	outsider := s.as(t, "other")
	_, err = outsider.Organizations.Read(t.Context(), "acme")
	hidden(t, "looking at an organization", err)
	_, err = outsider.Teams.Read(t.Context(), team.ID)
	hidden(t, "looking at a team", err)
	if got := refusals(); len(got) > 0 {
		t.Errorf("looking is in the trail: %+v", got[0])
	}
	for i, row := range []struct {
		what, object string
		do           func() error
	}{
		{"changing an organization", o.ExternalID, func() error {
			_, err := outsider.Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{Email: tfe.String("x@example.com")})
			return err
		}},
		{"creating a team", o.ExternalID, func() error {
			_, err := outsider.Teams.Create(t.Context(), "acme", visible("mine"))
			return err
		}},
		{"changing a team", team.ID, func() error {
			_, err := outsider.Teams.Update(t.Context(), team.ID, tfe.TeamUpdateOptions{Name: tfe.String("mine")})
			return err
		}},
		{"deleting a team", team.ID, func() error { return outsider.Teams.Delete(t.Context(), team.ID) }},
	} {
		hidden(t, row.what, row.do())
		got := refusals()
		if len(got) != i+1 {
			t.Fatalf("%s: %d refusals in the trail, want %d", row.what, len(got), i+1)
		}
		if got[0].Resource.ID != row.object || got[0].Auth.AccessorID != s.id(t, "other") {
			t.Errorf("%s: the newest refusal is %+v", row.what, got[0])
		}
	}
}

func TestWhoReadsTheAuditTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.organization(t, "owner", "acme")
	s.organization(t, "other", "other")
	team := s.team(t, "owner", "acme", visible("ops"), "member")
	teamToken, err := s.as(t, "owner").TeamTokens.Create(t.Context(), team.ID)
	must(t, err)
	trailsToken, err := s.as(t, "owner").OrganizationTokens.CreateWithOptions(t.Context(), "acme", tfe.OrganizationTokenCreateOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)})
	must(t, err)
	const path = "organization/audit-trail"
	for _, row := range []struct {
		who, query string
		status     int
	}{
		{"owner", "", http.StatusNotFound},
		{"site", "", http.StatusNotFound},
		{teamToken.Token, "", http.StatusNotFound}, // whose?
		{"owner", "?organization=acme", http.StatusOK},
		{"site", "?organization=acme", http.StatusOK},
		{"member", "?organization=acme", http.StatusNotFound},
		{"other", "?organization=acme", http.StatusNotFound},
		{teamToken.Token, "?organization=acme", http.StatusNotFound},
		{"owner", "?organization=other", http.StatusNotFound},
		{"owner", "?organization=nothing", http.StatusNotFound},
		{trailsToken.Token, "", http.StatusOK},
		{trailsToken.Token, "?organization=other", http.StatusNotFound},
		{trailsToken.Token, "?since=yesterday", http.StatusBadRequest},
		{trailsToken.Token, "?page[number]=0", http.StatusBadRequest},
		{"nobody-at-all", "", http.StatusNotFound},
	} {
		reply := s.do(t, row.who, http.MethodGet, path+row.query, "", row.status)
		if row.status == http.StatusOK && !strings.Contains(reply.Body, `"total_count":`) {
			t.Errorf("%s%s: %s", row.who, row.query, reply.Body)
		}
	}
	// It reads the trail and nothing else.
	s.do(t, trailsToken.Token, http.MethodGet, "organizations/acme", "", http.StatusNotFound)
	must(t, s.as(t, "owner").OrganizationTokens.DeleteWithOptions(t.Context(), "acme", tfe.OrganizationTokenDeleteOptions{TokenType: tfe.Ptr(tfe.AuditTrailToken)}))
	s.do(t, trailsToken.Token, http.MethodGet, path, "", http.StatusUnauthorized)
}
