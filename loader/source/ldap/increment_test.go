package ldap_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/sourcetest"
)

// A fault in an increment takes nothing from anybody, and what was not read is read again by the next.
func TestFaultsOfIncrements(t *testing.T) {
	t.Parallel()
	people, groups := entries(sourcetest.Town())
	for _, o := range slices.Concat(people, groups) {
		o.attrs["modifyTimestamp"] = []string{"20260301120000Z"}
	}
	for name, wrong := range wrongs() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			var n, from atomic.Int64
			set := serve(t, func(a asked, r *reply) {
				list := people
				if strings.Contains(a.base, "ou=groups") {
					list = groups
				}
				if at := n.Add(1); from.Load() > 0 && at >= from.Load() {
					wrong(a, r, list)
					return
				}
				turn(a, r, list, 0)
			})
			set.PageSize = sourcetest.PageSize
			source := newSource(t, set)
			before := read(t, source, "")
			n.Store(0)
			healthy := read(t, source, before.Cursor)
			if !healthy.Partial || len(healthy.Users) != 8 || len(healthy.Groups) != 5 || n.Load() != 10 {
				t.Fatalf("an increment without a fault, in %d answers: %+v", n.Load(), healthy)
			}
			for point := range int64(10) {
				from.Store(point + 1)
				n.Store(0)
				got, err := source.Read(t.Context(), directory.Request{Cursor: before.Cursor})
				takesNothing(t, before, got, err)
				if err == nil && (!got.Partial || got.UsersComplete || got.GroupsComplete) {
					t.Errorf("from answer %d on: %+v", point+1, got)
				}
				open := slices.ContainsFunc(got.Groups, func(g directory.Group) bool { return g.Unknown != "" })
				if err == nil && (open || len(got.Warnings) > 1) && got.Cursor != before.Cursor {
					t.Errorf("from answer %d on: not everything was read, and the cursor goes on: %+v", point+1, got)
				}
			}
		})
	}
}
