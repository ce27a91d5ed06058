package ldap

import (
	"fmt"
	"slices"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

const (
	inChain           = "1.2.840.113556.1.4.1941" // LDAP_MATCHING_RULE_IN_CHAIN
	isActiveDirectory = "1.2.840.113556.1.4.800"  // LDAP_CAP_ACTIVE_DIRECTORY_OID
)

// supportsChain reports an error unless the directory says that it is Active Directory. Others answer a search by a rule
// that they do not know with success and nobody.
func (r *reader) supportsChain() error {
	result, err := r.conn.Search(goldap.NewSearchRequest("", goldap.ScopeBaseObject, goldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", []string{"supportedCapabilities"}, nil))
	if err != nil {
		return answered(err, "", "ask what it can do")
	}
	for _, e := range result.Entries {
		if slices.Contains(e.GetEqualFoldAttributeValues("supportedCapabilities"), isActiveDirectory) {
			return nil
		}
	}
	return fault.New(fault.Invalid, "the directory does not know Active Directory's matching rule for nested groups")
}

// everybody makes all people in a group its members, at any depth.
func (r *reader) everybody(dn string, g *directory.Group) error {
	direct := g.Members
	g.Members, g.Groups = []string{}, nil
	people := known(r.people)
	strangers := 0
	cut, err := r.list(search{
		what: "search the people of " + dn, base: r.settings.UserBase, attrs: []string{r.settings.Attributes.ID},
		filter: fmt.Sprintf("(&%s(memberOf:%s:=%s))", r.settings.UserFilter, inChain, goldap.EscapeFilter(dn)),
	}, func(e *goldap.Entry) {
		if id := r.settings.identity(e); people[id] && id != "" {
			g.Members = append(g.Members, id)
			return
		}
		strangers++
	})
	if err != nil {
		return err
	}
	switch {
	case cut != "":
		g.Unknown = orElse(g.Unknown, cut)
	case strangers > 0:
		g.Unknown = orElse(g.Unknown, changedMeans)
	case slices.ContainsFunc(direct, func(id string) bool { return !slices.Contains(g.Members, id) }):
		g.Unknown = orElse(g.Unknown, "the directory does not find its own members by the matching rule")
	}
	return nil
}
