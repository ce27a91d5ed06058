package schema

import (
	"maps"
	"slices"
)

// Close adds everything the given atoms carry with them (DECISIONS M6), sorted. Unknown and derived
// permissions are dropped: nothing that is no atom reaches a binding.
func Close(atoms []Permission) []Permission {
	seen := map[Permission]bool{}
	for queue := slices.Clone(atoms); len(queue) > 0; {
		p := queue[0]
		queue = queue[1:]
		entry, ok := Lookup(p)
		if !ok || entry.Kind != Atom || seen[p] {
			continue
		}
		seen[p] = true
		queue = append(queue, entry.Implies...)
	}
	return slices.Sorted(maps.Keys(seen))
}
