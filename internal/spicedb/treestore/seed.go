package treestore

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/authzed/spicedb/pkg/datastore"
	"golang.org/x/sync/errgroup"
)

// ErrNotEmpty says that a store to be seeded holds relationships.
var ErrNotEmpty = errors.New("the store holds relationships already")

// Seed fills a store that has no relationships with one revision. The rows need no order, and each key may come once.
// Nothing is logged: a watch from before gets a stale revision. OnCommit is called once, without changes.
func (s *Store) Seed(ctx context.Context, rows []Row) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	t := s.begin()
	t.done = true
	if t.now.resources.len > 0 {
		return ErrNotEmpty
	}
	if len(rows) > math.MaxUint32 {
		return errors.New("seed: too many rows")
	}
	p := newPlan(t.now.names, rows)
	t.now.names = p.names
	if len(p.names.text) > math.MaxUint16 {
		return errors.New("seed: too many type and relation names")
	}
	resources, subjects := p.sort()
	for i := 1; i < len(resources); i++ {
		if a, b := resources[i-1], resources[i]; a.first == b.first && a.second == b.second {
			twice := p.row(int(b.of)).relationship(p.names.text)
			return datastore.NewCreateRelationshipExistsError(&twice)
		}
	}
	t.fill(p, resources, subjects)
	s.commit(t, nil, true)
	return nil
}

// fill builds both trees of sorted rows.
func (t *transaction) fill(p *plan, resources, subjects []key) {
	made := make([]*row, len(resources)) // by index in the plan
	sorted := make([]*row, len(resources))
	for i, k := range resources {
		r := p.row(int(k.of))
		made[k.of], sorted[i] = r, r
		if r.expiry != 0 {
			t.writes = append(t.writes, write{after: r})
		}
	}
	t.now.resources = build(byResource, sorted)
	for i, k := range subjects {
		sorted[i] = made[k.of]
	}
	t.now.subjects = build(bySubject, sorted)
}

// plan has the rows to seed with their names numbered and their ids shared and ranked, so that sorting compares
// numbers.
type plan struct {
	rows  []Row
	names *names
	ids   []string // each once
	refs  []ref    // by row
}

// ref has the names of a row by number, and its ids by their index in the plan.
type ref struct {
	names [4]uint32
	ids   [2]uint32
}

// key is a row's place in one of the orders: two numbers that are in the order of its strings.
type key struct {
	first, second uint64
	of            uint32 // the index of the row
}

func newPlan(n *names, rows []Row) *plan {
	p := &plan{rows: rows, names: n, refs: make([]ref, len(rows))}
	index := make(map[string]uint32, len(rows)/2)
	number := func(id string) uint32 {
		at, ok := index[id]
		if !ok {
			at = uint32(len(p.ids))
			id = strings.Clone(id)
			index[id] = at
			p.ids = append(p.ids, id)
		}
		return at
	}
	none := n.find("...")
	last := [4]name{none, none, none, none} // rows that follow each other have names in common
	for i := range rows {
		r := &rows[i]
		for f, text := range [4]string{r.ResourceType, r.Relation, r.SubjectType, r.SubjectRelation} {
			if last[f].text != text {
				p.names = p.names.with(text)
				last[f] = p.names.find(text)
			}
			p.refs[i].names[f] = last[f].number
		}
		p.refs[i].ids = [2]uint32{number(r.ResourceID), number(r.SubjectID)}
	}
	return p
}

// row makes the row at an index.
func (p *plan) row(i int) *row {
	of := &p.refs[i]
	r := &row{names: of.names, ids: [2]string{p.ids[of.ids[0]], p.ids[of.ids[1]]}}
	if at := p.rows[i].ExpiresAt; !at.IsZero() {
		r.extra = &extra{}
		r.expire(at)
	}
	return r
}

// sort returns the keys of all rows in the orders of the two trees.
func (p *plan) sort() (resources, subjects []key) {
	ids, words := ranks(p.ids), ranks(p.names.text)
	resources, subjects = make([]key, len(p.rows)), make([]key, len(p.rows))
	for i := range p.rows {
		r := &p.refs[i]
		kind, rel := uint64(words[r.names[resourceType]]), uint64(words[r.names[relation]])
		id := uint64(ids[r.ids[0]])
		subject := uint64(words[r.names[subjectType]])<<48 | uint64(ids[r.ids[1]])<<16 | uint64(words[r.names[subjectRelation]])
		resources[i] = key{first: kind<<48 | id<<16 | rel, second: subject, of: uint32(i)}
		subjects[i] = key{first: subject, second: kind<<48 | rel<<32 | id, of: uint32(i)}
	}
	var both errgroup.Group
	for _, keys := range [][]key{resources, subjects} {
		both.Go(func() error {
			slices.SortFunc(keys, func(a, b key) int {
				return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
			})
			return nil
		})
	}
	_ = both.Wait() // sorting cannot fail
	return resources, subjects
}

// ranks returns the place of each text among all in order.
func ranks(texts []string) []uint32 {
	at := make([]uint32, len(texts))
	for i := range at {
		at[i] = uint32(i)
	}
	slices.SortFunc(at, func(a, b uint32) int { return strings.Compare(texts[a], texts[b]) })
	out := make([]uint32, len(texts))
	for place, i := range at {
		out[i] = uint32(place)
	}
	return out
}
