package directory

import (
	"cmp"
	"slices"
	"strings"
)

// rank orders the operations on one person: he is renamed before anything else becomes of him.
func (o Op) rank() int {
	return slices.Index([]Op{OpUpdate, OpCreate, OpRestore, OpSuspend, OpRelease, OpRetire, OpDelete}, o)
}

func comparePeople(a, b PersonChange) int {
	return cmp.Or(strings.Compare(a.ExternalID, b.ExternalID), cmp.Compare(a.Op.rank(), b.Op.rank()))
}

func compareGroups(a, b GroupChange) int {
	return cmp.Or(strings.Compare(a.ExternalID, b.ExternalID), cmp.Compare(a.Op.rank(), b.Op.rank()))
}

func compareMembers(a, b Member) int {
	return cmp.Or(strings.Compare(a.ExternalID, b.ExternalID), strings.Compare(a.UserID, b.UserID))
}

func compareLinks(a, b LinkChange) int {
	return cmp.Or(strings.Compare(a.GroupExternalID, b.GroupExternalID), strings.Compare(a.Organization, b.Organization),
		strings.Compare(a.Team, b.Team), cmp.Compare(a.Op.rank(), b.Op.rank()), strings.Compare(a.LinkID, b.LinkID))
}
