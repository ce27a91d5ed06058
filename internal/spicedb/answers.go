package spicedb

import (
	"hash/maphash"
	"sync"
)

// answers remembers values by key within a budget of bytes. Of what is over the budget, those not asked for the
// longest go first, roughly: each shard has two generations, and a full one pushes the one before it out.
//
// It knows nothing of when an answer stops being right; whoever asks must.
type answers[K comparable, V any] struct {
	seed   maphash.Seed
	cost   func(K, V) int // bytes that a value takes with its key, roughly
	budget int            // bytes of one generation of one shard
	shards [answerShards]answerShard[K, V]
}

const answerShards = 64

type answerShard[K comparable, V any] struct {
	mu         sync.RWMutex
	young, old map[K]V
	bytes      int // of the young
	oldBytes   int
}

func newAnswers[K comparable, V any](bytes int, cost func(K, V) int) *answers[K, V] {
	a := &answers[K, V]{seed: maphash.MakeSeed(), cost: cost, budget: bytes / answerShards / 2}
	for i := range a.shards {
		a.shards[i].young = map[K]V{}
	}
	return a
}

func (a *answers[K, V]) shard(key K) *answerShard[K, V] {
	return &a.shards[maphash.Comparable(a.seed, key)%answerShards]
}

// get returns a value and whether there is one.
func (a *answers[K, V]) get(key K) (V, bool) {
	s := a.shard(key)
	s.mu.RLock()
	value, ok := s.young[key]
	aged := false
	if !ok {
		value, aged = s.old[key]
	}
	s.mu.RUnlock()
	if aged {
		s.put(key, value, a)
	}
	return value, ok || aged
}

// put keeps a value.
func (a *answers[K, V]) put(key K, value V) { a.shard(key).put(key, value, a) }

func (s *answerShard[K, V]) put(key K, value V, a *answers[K, V]) {
	if a.budget <= 0 {
		return
	}
	cost := a.cost(key, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.young[key] = value
	s.bytes += cost // a value that replaces another counts twice until its generation ends
	if s.bytes > a.budget {
		s.old, s.oldBytes = s.young, s.bytes
		s.young, s.bytes = make(map[K]V, len(s.old)), 0
	}
}

// size returns how many values there are and about how many bytes they take.
func (a *answers[K, V]) size() (values, bytes int) {
	for i := range a.shards {
		s := &a.shards[i]
		s.mu.RLock()
		values += len(s.young) + len(s.old)
		bytes += s.bytes + s.oldBytes
		s.mu.RUnlock()
	}
	return values, bytes
}
