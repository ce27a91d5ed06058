package spicedb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"golang.org/x/sync/errgroup"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	// extentReads is how many reads for one extent run at the same time.
	extentReads = 8
	// extentBindings is how many bindings are followed to their scopes, each with a read of its own. Few subjects hold
	// more, and for those one long lookup takes no more time than the many reads, and far fewer requests.
	extentBindings = 128
)

// Extent implements authz.Searcher. Where the permission comes from bindings alone it looks up the bindings on which
// the subject has the atom, and then reads where they are granted; a resource below such a scope need not be found
// for its permission to be known.
func (e *Engine) Extent(
	ctx context.Context, subject authz.Object, permission schema.Permission, resourceType string, c authz.Consistency,
) (authz.Extent, authz.Token, error) {
	name := permission.On(resourceType)
	if name == "" {
		return authz.Extent{}, "", fault.At("permission", "%q cannot be asked on a %s", shorten(string(permission)), shorten(resourceType))
	}
	relations := permission.CarriedBy(resourceType)
	if len(relations) == 0 {
		return e.oneByOne(ctx, subject, name, resourceType, c)
	}
	bindings, token, err := e.Resources(ctx, subject, permission.Qualified(), schema.TypeBinding, c)
	if err != nil {
		return authz.Extent{}, "", err
	}
	if len(bindings) > extentBindings {
		return e.oneByOne(ctx, subject, name, resourceType, c)
	}
	scopes, err := e.scopesOf(ctx, bindings, carriers(resourceType, relations), atExactly(&v1.ZedToken{Token: string(token)}))
	if err != nil {
		return authz.Extent{}, "", e.translate(ctx, "find where "+name+" is held", err)
	}
	above := append(schema.Ancestors(resourceType), resourceType)
	scopes = slices.DeleteFunc(scopes, func(o authz.Object) bool { return !slices.Contains(above, o.Type) })
	return authz.Extent{Scopes: scopes}, token, nil
}

// oneByOne returns an extent that names every resource in it.
func (e *Engine) oneByOne(
	ctx context.Context, subject authz.Object, permission, resourceType string, c authz.Consistency,
) (authz.Extent, authz.Token, error) {
	ids, token, err := e.Resources(ctx, subject, permission, resourceType, c)
	if err != nil {
		return authz.Extent{}, "", err
	}
	scopes := make([]authz.Object, len(ids))
	for i, id := range ids {
		scopes[i] = authz.Object{Type: resourceType, ID: id}
	}
	return authz.Extent{Scopes: scopes}, token, nil
}

// carriers returns which relations carry bindings on resources of a type and on what is above them.
func carriers(resourceType string, relations []string) []authz.Filter {
	if resourceType == schema.TypeWorkspace {
		// Most of what is granted is granted on workspaces or above them, so one read of everything finds little that
		// is of no use, where a read for each type of scope would take four requests.
		return []authz.Filter{{Relation: schema.RelBinding}}
	}
	var out []authz.Filter
	for _, scopeType := range schema.Ancestors(resourceType) {
		out = append(out, authz.Filter{Resource: authz.Object{Type: scopeType}, Relation: schema.RelBinding})
	}
	for _, relation := range relations {
		out = append(out, authz.Filter{Resource: authz.Object{Type: resourceType}, Relation: relation})
	}
	return out
}

// scopesOf reads where bindings are granted.
func (e *Engine) scopesOf(ctx context.Context, bindings []string, carriers []authz.Filter, at *v1.Consistency) ([]authz.Object, error) {
	var mu sync.Mutex
	var scopes []authz.Object
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(extentReads)
	for _, id := range bindings {
		for _, f := range carriers {
			f.SubjectType, f.SubjectID = schema.TypeBinding, id
			group.Go(func() error {
				var found []authz.Object
				err := e.readPages(ctx, f, at, func(r authz.Relationship) bool {
					found = append(found, r.Resource)
					return true
				})
				if err != nil {
					return fmt.Errorf("read %s#%s@%s: %w", f.Resource.Type, f.Relation, id, err)
				}
				mu.Lock()
				defer mu.Unlock()
				scopes = append(scopes, found...)
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(scopes, func(a, b authz.Object) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
	return slices.Compact(scopes), nil
}
