package spicedb

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/spicedb/treestore"
)

// memory is what an embedded engine remembers. It is exact: an answer is given again only while nothing it depends
// on has changed, be it by a write, by a deadline that has passed, or by a new schema.
type memory struct {
	realms    *realms
	decisions *answers[authz.Question, remembered[bool]]
	lists     *answers[listQuestion, remembered[[]string]]
	shapes    atomic.Pointer[sync.Map] // of questions the server has accepted under the current schema
}

// remembered is an answer, when it was found, and what it depends on.
type remembered[V any] struct {
	value    V
	revision uint64
	realm    *realm
}

// listQuestion asks who may.
type listQuestion struct {
	resource                authz.Object
	permission, subjectType string
}

// questionShape is all that decides whether a question makes sense to the schema.
type questionShape struct{ resourceType, permission, subjectType string }

// The fixed part of what one remembered answer takes: key, value and its share of the table, as measured.
const (
	decisionCost = 400
	listCost     = 400
	stringCost   = 16
)

// newMemory returns a memory of so many bytes. Lists get a quarter of it: there are few, and they are long.
func newMemory(rs *realms, bytes int) *memory {
	bytes = max(orDefault(bytes, defaultDecisionCache), 0)
	m := &memory{
		realms: rs,
		decisions: newAnswers(bytes/4*3, func(q authz.Question, _ remembered[bool]) int {
			return decisionCost + len(q.Subject.ID) + len(q.Resource.ID)
		}),
		lists: newAnswers(bytes/4, func(q listQuestion, found remembered[[]string]) int {
			cost := listCost + len(q.resource.ID)
			for _, id := range found.value {
				cost += stringCost + len(id)
			}
			return cost
		}),
	}
	m.forgetShapes()
	return m
}

func (m *memory) forgetShapes() { m.shapes.Store(&sync.Map{}) }

// size returns how many answers are remembered, and about how many bytes they take.
func (m *memory) size() (entries, bytes int) {
	decisions, decisionBytes := m.decisions.size()
	lists, listBytes := m.lists.size()
	return decisions + lists, decisionBytes + listBytes
}

// recall returns an answer that is right in a snapshot.
func recall[K comparable, V any](m *memory, from *answers[K, remembered[V]], key K, tree *treestore.Store, v treestore.View) (V, bool) {
	found, ok := from.get(key)
	// Between a deadline and the commit that follows it the snapshot still holds what has expired.
	if !ok || !m.realms.holds(found.realm, found.revision, v.Revision()) || time.Now().UnixNano() >= tree.NextDeadline() {
		var none V
		return none, false
	}
	return found.value, true
}
