package directory

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Normalize checks that a snapshot does not contradict itself, takes from it what the settings choose, and brings its
// nested groups into the form that the settings ask for. Whoever a filter leaves out comes back as deleted: to the catalog
// he is gone. The unknown parts and the warnings that it returns are in the snapshot as well, and Diff puts them into the
// plan. An error names what is wrong; then nothing of the snapshot may be used.
func Normalize(set Settings, s Snapshot) (Snapshot, []Unknown, []string, error) {
	if err := s.check(); err != nil {
		return Snapshot{}, nil, nil, err
	}
	out := s
	out.Warnings = slices.Clone(s.Warnings)
	out.Users = normalUsers(set.Users, s.Users, &out.Warnings)
	out.Groups = make([]Group, len(s.Groups))
	for i, g := range s.Groups {
		out.Groups[i] = normalGroup(g)
	}
	slices.SortFunc(out.Groups, func(a, b Group) int { return strings.Compare(a.ID, b.ID) })
	out.nest(set)
	for i, g := range out.Groups {
		if !set.Groups.takes(g.ID, g.Name) {
			out.Groups[i] = Group{ID: g.ID, Name: g.Name, Deleted: true}
		}
	}
	slices.Sort(out.Warnings)
	out.Warnings = slices.Compact(out.Warnings)
	return out, out.unknown(), out.Warnings, nil
}

// unknown returns the parts of a snapshot that were not read to their end.
func (s Snapshot) unknown() []Unknown {
	var out []Unknown
	for _, part := range []struct {
		what     string
		complete bool
	}{{"groups", s.GroupsComplete}, {"users", s.UsersComplete}} {
		if !s.Partial && !part.complete {
			out = append(out, Unknown{What: part.what, Reason: "the list was not read to its end, so that nobody and nothing counts as gone"})
		}
	}
	for _, g := range s.Groups {
		if g.Unknown != "" {
			out = append(out, Unknown{What: g.ID, Name: g.Name, Reason: g.Unknown})
		}
	}
	return out
}

// normalUsers orders users, gives them the usernames that the catalog would make of theirs, and drops addresses that are
// none: they would link nobody, and no account could have them. Filters go by what the directory calls people.
func normalUsers(f Filter, users []User, warnings *[]string) []User {
	out := slices.Clone(users)
	bad, renamed := 0, 0
	for i, u := range out {
		if u.Deleted || !f.takes(u.ID, u.Username) {
			out[i] = User{ID: u.ID, Username: u.Username, Deleted: true}
			continue
		}
		if u.Email != "" && !isAddress(u.Email) {
			out[i].Email = ""
			bad++
		}
		if name := legalUsername(u.Username); name != u.Username {
			out[i].Username = name
			renamed++
		}
	}
	if renamed > 0 {
		*warnings = append(*warnings, fmt.Sprintf("%d people have a username that nobody can have here; they get the nearest one", renamed))
	}
	if bad > 0 {
		*warnings = append(*warnings, fmt.Sprintf("%d people have an e-mail address that is none; they go without", bad))
	}
	slices.SortFunc(out, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// legalUsername is what the catalog makes of what a directory calls somebody. One without a name stays without.
func legalUsername(name string) string {
	if strings.TrimSpace(name) == "" {
		return ""
	}
	return catalog.LegalUsername(name)
}

// placeholderDomain ends the addresses of users who have none (DECISIONS N15): no directory gives one.
const placeholderDomain = "@users.invalid"

func isPlaceholder(email string) bool {
	return strings.HasSuffix(mailKey(email), placeholderDomain)
}

// isAddress reports whether the catalog would take an address from a directory.
func isAddress(email string) bool {
	const longest = 320
	a, err := mail.ParseAddress(email)
	return err == nil && a.Address == email && len(email) <= longest && !isPlaceholder(email)
}

// mailKey folds the ASCII letters of an address and no others: letters that merely look alike are another mailbox.
func mailKey(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// label is what people know a group by. One whose name the source may not read has none: the catalog may have one still.
func (g Group) label() string { return cmp.Or(g.Name, g.ID) }

// normalGroup orders the lists of a group, each entry once. It shares nothing with the group that the source gave.
func normalGroup(g Group) Group {
	if g.Deleted {
		return Group{ID: g.ID, Name: g.Name, Deleted: true}
	}
	g.Name = strings.TrimSpace(g.Name)
	g.Members, g.Removed = ordered(g.Members), ordered(g.Removed)
	g.Groups, g.RemovedGroups = ordered(g.Groups), ordered(g.RemovedGroups)
	if at, found := slices.BinarySearch(g.Groups, g.ID); found {
		g.Groups = slices.Delete(g.Groups, at, at+1)
	}
	if g.Unknown == "" && (overlap(g.Members, g.Removed) || overlap(g.Groups, g.RemovedGroups)) {
		g.Unknown = unknownBoth
	}
	return g
}

// ordered returns the different ids of a list in order, nil for none.
func ordered(ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// overlap reports whether two ordered lists have an id in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(id string) bool {
		_, found := slices.BinarySearch(b, id)
		return found
	})
}
