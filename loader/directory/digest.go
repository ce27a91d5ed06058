package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Digest returns the SHA-256, in hex, of what a plan changes: its people, groups and links, for which source, whatever the
// order of its lists. It is the same for a plan that was kept as JSON.
func (p Plan) Digest() string {
	changes := struct {
		Source  string         `json:"source"`
		Partial bool           `json:"partial"`
		People  []PersonChange `json:"people"`
		Groups  []GroupChange  `json:"groups"`
		Links   []LinkChange   `json:"links"`
	}{
		p.Source, p.Partial, slices.SortedStableFunc(slices.Values(p.People), comparePeople),
		slices.SortedStableFunc(slices.Values(p.Groups), compareGroups), slices.SortedStableFunc(slices.Values(p.Links), compareLinks),
	}
	for i := range changes.Groups {
		g := &changes.Groups[i]
		g.Add, g.Remove = slices.SortedFunc(slices.Values(g.Add), compareMembers), slices.SortedFunc(slices.Values(g.Remove), compareMembers)
		g.AddGroups, g.RemoveGroups = slices.Sorted(slices.Values(g.AddGroups)), slices.Sorted(slices.Values(g.RemoveGroups))
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(changes); err != nil { // attributes that are no JSON, which no client can send
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// MembersDigest returns a digest of who and which groups are in a group, by their ids in the catalog: GroupChange.Before.
func MembersDigest(users, groups []string) string {
	h := sha256.New()
	for _, ids := range [][]string{users, groups} {
		for _, id := range slices.Sorted(slices.Values(ids)) {
			_, _ = h.Write([]byte(id + "\n"))
		}
		_, _ = h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}
