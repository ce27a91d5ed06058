package peribolos

import (
	"slices"

	"github.com/terrawarden/terrawarden/loader"
)

// The values of a team's privacy.
const (
	privacyClosed = "closed" // seen by everybody in the organization
	privacySecret = "secret"
)

// visibility returns a privacy in the words of the Estate. Unsaid is secret.
func visibility(privacy string) string {
	if privacy == privacyClosed {
		return loader.VisibilityOrganization
	}
	return loader.VisibilitySecret
}

// level is a permission on a repository; a higher one contains the lower ones.
type level int

// levelNames returns GitHub's names of the levels, lowest first.
func levelNames() []string { return []string{"read", "triage", "write", "maintain", "admin"} }

// levelOf returns the level of a name.
func levelOf(name string) (level, bool) {
	i := slices.Index(levelNames(), name)
	return level(i), i >= 0
}

// role returns the built-in role that a level is here. maintain is write: what it adds on GitHub are settings of
// the repository, and everything that tfe-admin adds would be more.
func (l level) role() string {
	return [...]string{"tfe-read", "tfe-plan", "tfe-write", "tfe-write", "tfe-admin"}[l]
}
