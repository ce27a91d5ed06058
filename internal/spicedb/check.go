package spicedb

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/genproto/googleapis/rpc/status"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// bulkLimit is how many questions go in one call. SpiceDB takes ten times as many, but answers a call as a whole,
// so smaller ones keep the memory and the time of one call small.
const bulkLimit = 1000

// Check implements authz.Checker.
func (e *Engine) Check(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Decision, error) {
	decision, err := e.check(ctx, q, c)
	return decision, e.translate(ctx, "check "+q.Permission, err)
}

func (e *Engine) check(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Decision, error) {
	if err := checkQuestion(q); err != nil {
		return authz.Decision{}, err
	}
	consistency, err := e.consistency(ctx, c)
	if err != nil {
		return authz.Decision{}, err
	}
	resp, err := e.permissions.CheckPermission(ctx, &v1.CheckPermissionRequest{
		Consistency: consistency,
		Resource:    object(q.Resource),
		Permission:  q.Permission,
		Subject:     subject(q.Subject),
	})
	if err != nil {
		return authz.Decision{}, e.blameToken(c, err)
	}
	return authz.Decision{Allowed: has(resp.GetPermissionship()), Token: tokenOf(resp.GetCheckedAt())}, nil
}

// has reports whether an answer is a yes. A conditional answer is none: nobody supplied the condition.
func has(p v1.CheckPermissionResponse_Permissionship) bool {
	return p == v1.CheckPermissionResponse_PERMISSIONSHIP_HAS_PERMISSION
}

// CheckAll implements authz.Checker.
func (e *Engine) CheckAll(ctx context.Context, qs []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	answers, token, err := e.checkAll(ctx, qs, c)
	if err != nil {
		return nil, "", e.translate(ctx, fmt.Sprintf("check %d questions", len(qs)), err)
	}
	return answers, token, nil
}

func (e *Engine) checkAll(ctx context.Context, qs []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	distinct, position, err := deduplicate(qs)
	if err != nil {
		return nil, "", err
	}
	consistency, err := e.consistency(ctx, c)
	if err != nil || len(qs) == 0 {
		return []bool{}, "", err
	}
	given, token, err := e.bulk(ctx, distinct, consistency)
	if err != nil {
		return nil, "", e.blameToken(c, err)
	}
	return spread(given, position), tokenOf(token), nil
}

// bulk asks in as many calls as it takes, the later ones at the revision of the first.
func (e *Engine) bulk(ctx context.Context, items []*v1.CheckBulkPermissionsRequestItem, at *v1.Consistency) ([]bool, *v1.ZedToken, error) {
	var token *v1.ZedToken
	given := make([]bool, 0, len(items))
	for chunk := range slices.Chunk(items, bulkLimit) {
		resp, err := e.permissions.CheckBulkPermissions(ctx, &v1.CheckBulkPermissionsRequest{Consistency: at, Items: chunk})
		if err != nil {
			return nil, nil, err
		}
		if given, err = appendAnswers(given, resp.GetPairs(), len(chunk)); err != nil {
			return nil, nil, err
		}
		if token == nil {
			token = resp.GetCheckedAt()
			at = atExactly(token)
		}
	}
	return given, token, nil
}

// spread gives every question the answer of its item.
func spread(given []bool, position []int) []bool {
	answers := make([]bool, len(position))
	for i, at := range position {
		answers[i] = given[at]
	}
	return answers
}

// deduplicate returns each question once, as an item, and for every question the position of its item.
func deduplicate(qs []authz.Question) ([]*v1.CheckBulkPermissionsRequestItem, []int, error) {
	var items []*v1.CheckBulkPermissionsRequestItem
	position, seen := make([]int, len(qs)), make(map[authz.Question]int, len(qs))
	for i, q := range qs {
		at, known := seen[q]
		if !known {
			if err := checkQuestion(q); err != nil {
				return nil, nil, err
			}
			at = len(items)
			seen[q] = at
			items = append(items, item(q))
		}
		position[i] = at
	}
	return items, position, nil
}

func item(q authz.Question) *v1.CheckBulkPermissionsRequestItem {
	return &v1.CheckBulkPermissionsRequestItem{Resource: object(q.Resource), Permission: q.Permission, Subject: subject(q.Subject)}
}

// appendAnswers adds the answers of one call. One question that failed fails them all: an answer that is missing
// must never be read as one.
func appendAnswers(given []bool, pairs []*v1.CheckBulkPermissionsPair, asked int) ([]bool, error) {
	if len(pairs) != asked {
		return nil, fault.New(fault.Internal, "%d answers to %d questions", len(pairs), asked)
	}
	for _, pair := range pairs {
		if failure := pair.GetError(); failure != nil {
			return nil, statusError(failure)
		}
		given = append(given, has(pair.GetItem().GetPermissionship()))
	}
	return given, nil
}

func statusError(s *status.Status) error {
	if err := grpcstatus.FromProto(s).Err(); err != nil {
		return err
	}
	return fault.New(fault.Internal, "an item failed without an error")
}
