package catalog

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// manyReads is the number of reads of single places from which reading all that the engine holds costs less.
const manyReads = 20_000

// readersAtOnce is how many reads are under way together.
const readersAtOnce = 8

// read returns what the engine holds for slices, and possibly more of the same resources.
func (s *Service) read(ctx context.Context, parts []Slice) ([]authz.Relationship, error) {
	single, people := apart(parts)
	lists := placesOf(people)
	if len(single) >= manySlices || len(people) >= manyReads && len(lists) >= manyReads {
		return s.readAll(ctx)
	}
	found := make([][]authz.Relationship, len(single)+len(lists))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readersAtOnce)
	for i, part := range single {
		group.Go(func() (err error) {
			found[i], err = s.readFilter(ctx, part.filter())
			return err
		})
	}
	for i, list := range lists {
		group.Go(func() (err error) {
			found[len(single)+i], err = s.readPlaces(ctx, list)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

func (s *Service) readFilter(ctx context.Context, f authz.Filter) (out []authz.Relationship, err error) {
	for r, err := range s.engine.Read(ctx, f) {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// placesOf puts the slices of each team and group together. Those that are more than one subject's place stand alone.
func placesOf(parts []Slice) [][]Slice {
	var out [][]Slice
	at := map[authz.Object]int{}
	for _, s := range parts {
		i, known := at[s.Resource]
		if s.Relation != schema.RelMembership || s.Subject.IsZero() || !known {
			i = len(out)
			out = append(out, nil)
		}
		if s.Relation == schema.RelMembership && !s.Subject.IsZero() {
			at[s.Resource] = i
		}
		out[i] = append(out[i], s)
	}
	return out
}

// placesWorth is how many relationships of a resource cost as much to read as one place that is looked for by itself.
const placesWorth = 32

// readPlaces reads the places of some subjects in one resource: all places there are, as long as those are not so many
// that looking for each of the subjects costs less.
func (s *Service) readPlaces(ctx context.Context, list []Slice) (out []authz.Relationship, err error) {
	if len(list) > 1 {
		enough := placesWorth * len(list)
		for r, err := range s.engine.Read(ctx, authz.Filter{Resource: list[0].Resource, Relation: list[0].Relation}) {
			if err != nil {
				return nil, err
			}
			if out = append(out, r); len(out) > enough {
				break
			}
		}
		if len(out) <= enough {
			return out, nil
		}
	}
	out = nil
	for _, one := range list {
		rows, err := s.readFilter(ctx, one.filter())
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}
