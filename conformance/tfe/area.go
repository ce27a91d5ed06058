package main

import (
	"fmt"
	"regexp"
)

// Area is a group of go-tfe's tests that is reported together. Areas run one after the other.
type Area struct {
	Name    string
	Tests   *regexp.Regexp // of names of top-level tests
	Without *regexp.Regexp // of those, the ones that need what is out of scope as a whole; nil: none
	Alone   bool           // its tests change the one account that all tests act as, and so run one at a time
	Further bool           // beyond the areas that conformance is promised for
}

// Areas returns all areas, in the order in which they run.
func Areas() []Area {
	area := func(name, tests string) Area { return Area{Name: name, Tests: regexp.MustCompile(tests)} }
	further := func(name, tests string) Area {
		return Area{Name: name, Tests: regexp.MustCompile(tests), Further: true}
	}
	users, workspaces := area("users", `^TestUsers`), further("workspaces", `^TestWorkspaces|^TestWorkspace_Data|^TestCanForceDeletePermission$`)
	users.Alone = true
	workspaces.Without = regexp.MustCompile(`WithGithubApp$|VCSConnection|CreateTableDriven$|ReadWithOptions$|ReadWithHistory|ReadReadme|SSHKey$`)
	return []Area{
		area("organizations", `^TestOrganizations|^TestOrganization_Data`),
		area("organization memberships", `^TestOrganizationMemberships`),
		area("organization tokens", `^TestOrganizationTokens`),
		area("teams", `^TestTeams`),
		area("team members", `^TestTeamMembers`),
		area("team access", `^TestTeamAccesses`),
		area("team project access", `^TestTeamProjectAccesses`),
		area("team tokens", `^TestTeamTokens`),
		area("projects", `^TestProjects`),
		users,
		area("user tokens", `^TestUserTokens`),
		area("admin users", `^TestAdminUsers`),
		area("admin organizations", `^TestAdminOrganizations`),
		further("token lifetimes", `^TestOrganizationTokenTTLPolicies`),
		further("organization tags", `^TestOrganizationTags`),
		further("agent pools", `^TestAgentPools`),
		further("admin workspaces", `^TestAdminWorkspaces`),
		further("audit trail", `^TestAuditTrails`),
		workspaces,
	}
}

// Pick returns the tests of the area among all.
func (a Area) Pick(all []string) []string {
	var picked []string
	for _, test := range all {
		if a.Tests.MatchString(test) && (a.Without == nil || !a.Without.MatchString(test)) {
			picked = append(picked, test)
		}
	}
	return picked
}

// plan assigns tests to areas. A pattern that matches nothing, or a test in two areas, is a mistake in Areas.
func plan(areas []Area, all []string) (map[string][]string, error) {
	byArea, owner := map[string][]string{}, map[string]string{}
	for _, a := range areas {
		byArea[a.Name] = a.Pick(all)
		if len(byArea[a.Name]) == 0 {
			return nil, fmt.Errorf("area %q has no test", a.Name)
		}
		for _, test := range byArea[a.Name] {
			if other, taken := owner[test]; taken {
				return nil, fmt.Errorf("%s is in %q and in %q", test, other, a.Name)
			}
			owner[test] = a.Name
		}
	}
	return byArea, nil
}
