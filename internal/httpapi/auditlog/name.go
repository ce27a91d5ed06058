package auditlog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// Directory knows what objects are called.
type Directory interface {
	Resolve(ctx context.Context, objectType, ref string) (authz.Object, error)
	Names(ctx context.Context, objectType string, ids []string) (map[string]string, error)
}

// Find returns the object that somebody names. Of what is not there, or not any more, the name counts as its id, and unknown
// says so: events outlive what they tell of.
func Find(ctx context.Context, d Directory, named authz.Object) (found authz.Object, unknown, err error) {
	found, err = d.Resolve(ctx, named.Type, named.ID)
	if fault.Is(err, fault.NotFound) {
		return named, err, nil
	}
	return found, nil, err
}

// Names returns what the objects of events are called now; what is gone has no name.
func Names(ctx context.Context, d Directory, events []catalog.AuditEvent) (map[authz.Object]string, error) {
	ids := map[string][]string{}
	for _, e := range events {
		for _, o := range append([]authz.Object{e.Object}, e.Related...) {
			ids[o.Type] = append(ids[o.Type], o.ID)
		}
	}
	names := map[authz.Object]string{}
	for objectType, list := range ids {
		slices.Sort(list)
		found, err := d.Names(ctx, objectType, slices.Compact(list))
		if err != nil {
			return nil, err
		}
		for id, name := range found {
			names[authz.Object{Type: objectType, ID: id}] = name
		}
	}
	return names, nil
}
