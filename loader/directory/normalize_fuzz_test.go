package directory_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/loader/directory"
)

// FuzzNormalize takes whatever a file or a runner may send: nothing of it panics, what is taken is in order, and taking it
// again changes nothing.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"users":[{"id":"a","username":"x","email":"x@y.example"},{"id":"b","disabled":true}],"groups":[{"id":"g","members":["a","b"]}]}`,
		`{"partial":true,"groups":[{"id":"g","incremental":true,"members":["a"],"removed":["a"],"groups":["h"]},{"id":"h","groups":["g"]}]}`,
		`{"groups-complete":true,"groups":[{"id":"a","groups":["b","x"]},{"id":"b","groups":["c","a"],"unknown":"429"},{"id":"c","members":["u"]}]}`,
		`{"users":[{"id":"a"},{"id":"a"}]}`, `{"users":[{"id":"\u0000"}]}`, `{"groups":[{"id":"g","members":[""]}]}`,
	} {
		for nesting := range 3 {
			f.Add([]byte(seed), uint8(nesting))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, nesting uint8) {
		var s directory.Snapshot
		if json.Unmarshal(data, &s) != nil {
			return
		}
		set := settings()
		set.Nesting = []directory.Nesting{directory.NestingKept, directory.NestingFlattened, directory.NestingIgnored}[nesting%3]
		set.MaxDepth, set.Groups.Exclude, set.Users.Exclude = 2, []string{"x*"}, []string{"*y"}
		once, _, _, err := directory.Normalize(set, s)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(once.Groups, func(a, b directory.Group) int { return cmpText(a.ID, b.ID) }) {
			t.Errorf("groups are not in order: %+v", once.Groups)
		}
		for _, g := range once.Groups {
			if slices.Contains(g.Groups, g.ID) || !slices.IsSorted(g.Members) || (g.Deleted && len(g.Members)+len(g.Groups) > 0) {
				t.Errorf("not in form: %+v", g)
			}
		}
		p := directory.Diff(set, once, directory.State{}, at(0))
		if p.Digest() == "" || p.Toll() != (directory.Toll{}) {
			t.Errorf("out of nothing is taken %+v", p.Toll())
		}
		twice, _, _, err := directory.Normalize(set, once)
		if again := directory.Diff(set, twice, directory.State{}, at(0)); err != nil || (set.Nesting != directory.NestingKept && again.Digest() != p.Digest()) {
			t.Errorf("taken again it is another: %v\n%s", err, cmp.Diff(p, again))
		}
	})
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
