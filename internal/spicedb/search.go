package spicedb

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/grpc"

	"github.com/terrawarden/terrawarden/internal/authz"
)

// Subjects implements authz.Searcher. A wildcard is nobody in particular and is left out.
func (e *Engine) Subjects(
	ctx context.Context, resource authz.Object, permission, subjectType string, c authz.Consistency,
) ([]string, authz.Token, error) {
	ids, token, err := e.subjects(ctx, resource, permission, subjectType, c)
	return ids, token, e.translate(ctx, "search subjects of "+permission, err)
}

func (e *Engine) subjects(
	ctx context.Context, resource authz.Object, permission, subjectType string, c authz.Consistency,
) ([]string, authz.Token, error) {
	err := errors.Join(checkObject("resource", resource), checkName("permission", permission), checkName("subject", subjectType))
	if err != nil {
		return nil, "", err
	}
	consistency, err := e.consistency(ctx, c)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream when it is left early
	stream, err := e.permissions.LookupSubjects(ctx, &v1.LookupSubjectsRequest{
		Consistency:       consistency,
		Resource:          object(resource),
		Permission:        permission,
		SubjectObjectType: subjectType,
	})
	if err != nil {
		return nil, "", e.blameToken(c, err)
	}
	found := finding{}
	err = drain(stream, func(resp *v1.LookupSubjectsResponse) {
		found.add(resp.GetSubject().GetSubjectObjectId(), resp.GetSubject().GetPermissionship(), resp.GetLookedUpAt())
	})
	if err != nil {
		return nil, "", e.blameToken(c, err)
	}
	return found.result(ctx, e, consistency)
}

// Resources implements authz.Searcher.
func (e *Engine) Resources(
	ctx context.Context, subject authz.Object, permission, resourceType string, c authz.Consistency,
) ([]string, authz.Token, error) {
	ids, token, err := e.resources(ctx, subject, permission, resourceType, c)
	return ids, token, e.translate(ctx, "search resources with "+permission, err)
}

func (e *Engine) resources(
	ctx context.Context, who authz.Object, permission, resourceType string, c authz.Consistency,
) ([]string, authz.Token, error) {
	err := errors.Join(checkName("resource", resourceType), checkName("permission", permission), checkObject("subject", who))
	if err != nil {
		return nil, "", err
	}
	consistency, err := e.consistency(ctx, c)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.permissions.LookupResources(ctx, &v1.LookupResourcesRequest{
		Consistency:        consistency,
		ResourceObjectType: resourceType,
		Permission:         permission,
		Subject:            subject(who),
	})
	if err != nil {
		return nil, "", e.blameToken(c, err)
	}
	found := finding{}
	err = drain(stream, func(resp *v1.LookupResourcesResponse) {
		found.add(resp.GetResourceObjectId(), resp.GetPermissionship(), resp.GetLookedUpAt())
	})
	if err != nil {
		return nil, "", e.blameToken(c, err)
	}
	return found.result(ctx, e, consistency)
}

// finding gathers the answers of a search: SpiceDB may repeat one, and reports conditional ones too.
type finding struct {
	ids   map[string]struct{}
	token *v1.ZedToken
}

func (f *finding) add(id string, p v1.LookupPermissionship, at *v1.ZedToken) {
	if f.ids == nil {
		f.ids = map[string]struct{}{}
	}
	f.token = at
	if p == v1.LookupPermissionship_LOOKUP_PERMISSIONSHIP_HAS_PERMISSION && id != wildcard {
		f.ids[id] = struct{}{}
	}
}

// result returns the ids in order. A search that found nothing carries no token, so the one it asked with, or that
// of the newest state, stands for it.
func (f *finding) result(ctx context.Context, e *Engine, asked *v1.Consistency) ([]string, authz.Token, error) {
	token := f.token
	if token == nil {
		token = askedToken(asked)
	}
	if token == nil {
		newest, err := e.newestToken(ctx)
		if err != nil {
			return nil, "", err
		}
		token = newest
	}
	return slices.Sorted(maps.Keys(f.ids)), tokenOf(token), nil
}

// askedToken returns the token a request named, if any.
func askedToken(c *v1.Consistency) *v1.ZedToken {
	if token := c.GetAtExactSnapshot(); token != nil {
		return token
	}
	return c.GetAtLeastAsFresh()
}

// drain reads a stream to its end.
func drain[T any](stream grpc.ServerStreamingClient[T], each func(*T)) error {
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(resp)
	}
}
