package catalog

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	maxName  = 255
	maxEmail = 320
)

// NameKey returns the form of a name under which it is unique and is looked up: two names are the same where their keys
// are. It is the only comparison of names there is: one that folds further, as strings.EqualFold does, would take "ſam"
// for "sam", who is somebody else. Broken text stays broken, so that it is refused and not repaired into somebody's name.
func NameKey(name string) string {
	if !utf8.ValidString(name) {
		return name
	}
	return strings.ToLower(name)
}

func sameName(a, b string) bool { return NameKey(a) == NameKey(b) }

// checkName refuses names that cannot be told apart, typed or put into a path. Team names may hold slashes and
// spaces (research tfe-api 6.2); every other name may not.
func checkName(field, name string, team bool) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fault.At(field, "can't be blank")
	case name != strings.TrimSpace(name):
		return fault.At(field, "must not begin or end with a space")
	case len(name) > maxName:
		return fault.At(field, "is too long (maximum is %d characters)", maxName)
	}
	for _, r := range name {
		if unicode.IsControl(r) || (!team && (r == '/' || r == '#' || unicode.IsSpace(r))) {
			return fault.At(field, "must not contain %q", r)
		}
	}
	return nil
}

// checkUsername also refuses names that look like ids, which every interface accepts in the same places.
func checkUsername(field, name string) error {
	if looksLikeID(name, PrefixUser, PrefixServiceAccount, PrefixTeam, PrefixGroup, PrefixToken) {
		return fault.At(field, "must not look like an id")
	}
	return checkName(field, name, false)
}

func checkEmail(field, email string) error {
	if email == "" {
		return nil
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmail {
		return fault.At(field, "is invalid")
	}
	return nil
}

// compareNames orders names without regard to case, and names of equal letters by their case.
func compareNames(a, b string) int {
	if n := strings.Compare(strings.ToLower(a), strings.ToLower(b)); n != 0 {
		return n
	}
	return strings.Compare(a, b)
}
