package ldap_test

import (
	"runtime"
	"testing"

	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// BenchmarkRead measures a full read, and one of nothing new.
func BenchmarkRead(b *testing.B) {
	large := &world{}
	var everybody []int
	for n := range 10_000 {
		large.person(n)
		everybody = append(everybody, n)
	}
	large.group(1, everybody, nil)
	for name, w := range map[string]*world{"5000 people in 400 groups": newWorld(5000, 400), "10000 people in a group": large, "50000 people in 2000 groups": newWorld(50_000, 2000)} {
		s := slapd.Start(b, slapd.Options{LDIF: w.ldif.String(), Limits: "size.prtotal=unlimited"})
		source := newSource(b, settings(s))
		b.Run(name, func(b *testing.B) {
			var got directory.Snapshot
			for b.Loop() {
				var err error
				if got, err = source.Read(b.Context(), directory.Request{}); err != nil || len(got.Users) != len(w.want.Users) {
					b.Fatal(len(got.Users), err)
				}
			}
			b.ReportMetric(float64(memberships(got)), "memberships")
			b.ReportMetric(kept(&got), "MB-kept")
		})
	}
}

// kept returns how much memory a snapshot holds, in megabytes.
func kept(s *directory.Snapshot) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	*s = directory.Snapshot{}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return float64(before.HeapAlloc-after.HeapAlloc) / 1e6
}
