package catalog

import (
	"io"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/schema"
)

// Prefixes of ids (DESIGN section 3).
const (
	PrefixOrganization   = "org"
	PrefixTeam           = "team"
	PrefixUser           = "user"
	PrefixMembership     = "ou"
	PrefixWorkspace      = "ws"
	PrefixProject        = "prj"
	PrefixStack          = "st"
	PrefixToken          = "at"
	PrefixGroup          = "grp"
	PrefixGroupLink      = "gl"
	PrefixRole           = "role"
	PrefixGrant          = "grant"
	PrefixServiceAccount = "sa"
	PrefixAuditEvent     = "ae"
	PrefixTeamWorkspace  = "tws"  // a team's grant on a workspace
	PrefixTeamProject    = "tprj" // a team's grant on a project
	PrefixTag            = "tag"
	PrefixAgentPool      = "apool"
	PrefixRetention      = "drp"
	PrefixAccessRequest  = "areq"
	PrefixSyncPlan       = "sync"
	PrefixIntent         = "wi"
)

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// PlatformID is the id of the one platform object (DECISIONS N1).
const PlatformID = "main"

// newID returns prefix-<16 base58 characters> from a source of randomness.
func newID(random io.Reader, prefix string) string {
	var b strings.Builder
	b.WriteString(prefix + "-")
	buf := make([]byte, 32)
	for n := 0; n < 16; {
		if _, err := io.ReadFull(random, buf); err != nil {
			panic("catalog: no randomness: " + err.Error()) // an id that repeats would merge two people
		}
		for _, c := range buf {
			if int(c) < 4*len(base58) && n < 16 { // reject the tail, so that every letter is as likely
				b.WriteByte(base58[int(c)%len(base58)])
				n++
			}
		}
	}
	return b.String()
}

// prefixOf returns the id prefix of an object type, "" for types whose ids are no catalog ids.
func prefixOf(objectType string) string {
	switch objectType {
	case schema.TypeOrganization:
		return PrefixOrganization
	case schema.TypeTeam:
		return PrefixTeam
	case schema.TypeUser:
		return PrefixUser
	case schema.TypeWorkspace:
		return PrefixWorkspace
	case schema.TypeProject:
		return PrefixProject
	case schema.TypeStack:
		return PrefixStack
	case schema.TypeGroup:
		return PrefixGroup
	case schema.TypeServiceAccount:
		return PrefixServiceAccount
	case schema.TypeTeamToken, schema.TypeOrganizationToken:
		return PrefixToken
	}
	return ""
}

// looksLikeID reports whether a string has the form of a catalog id with one of the given prefixes.
func looksLikeID(s string, prefixes ...string) bool {
	prefix, rest, ok := strings.Cut(s, "-")
	return ok && slices.Contains(prefixes, prefix) && len(rest) == 16 && strings.Trim(rest, base58) == ""
}
