package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"
)

// series keeps the metrics of label values that were asked for before, since finding them costs more than counting.
// There are few: every label value comes from the program, never from a caller.
type series[K comparable, M any] struct {
	find  func(K) M
	write sync.Mutex
	known atomic.Pointer[map[K]M] // never changed once it is here
}

func newSeries[K comparable, M any](find func(K) M) *series[K, M] {
	s := &series[K, M]{find: find}
	s.known.Store(&map[K]M{})
	return s
}

// of returns the metrics of label values.
func (s *series[K, M]) of(labels K) M {
	if m, ok := (*s.known.Load())[labels]; ok {
		return m
	}
	s.write.Lock()
	defer s.write.Unlock()
	known := maps.Clone(*s.known.Load())
	known[labels] = s.find(labels) // the vector returns the same metric to whoever asked at the same time
	s.known.Store(&known)
	return known[labels]
}
