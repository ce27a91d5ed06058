package spicedb

import (
	"context"
	"fmt"
	"iter"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/protobuf/proto"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

const (
	// writeBytes bounds one write request. A SpiceDB server takes messages of 4 MiB; some of it is for the
	// preconditions and the metadata, whose own limit is 65,000 bytes.
	writeBytes = 3 << 20
	// readPage is the largest page SpiceDB serves by default.
	readPage = 1000
)

// Write implements authz.Writer.
func (e *Engine) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	token, err := e.write(ctx, w)
	if err != nil {
		return "", e.translate(ctx, fmt.Sprintf("write %d relationships", len(w.Deletes)+len(w.Touches)), err)
	}
	return tokenOf(token), nil
}

func (e *Engine) write(ctx context.Context, w authz.Write) (*v1.ZedToken, error) {
	changes := updates(w)
	if len(changes) == 0 && len(w.Preconditions) == 0 {
		return e.newestToken(ctx)
	}
	request := &v1.WriteRelationshipsRequest{OptionalTransactionMetadata: transactionMetadata(w.Metadata)}
	for _, p := range w.Preconditions {
		request.OptionalPreconditions = append(request.OptionalPreconditions, precondition(p))
	}
	done := e.own.begin()
	var last *v1.ZedToken
	for {
		part := e.fit(changes)
		changes, request.Updates = changes[part:], changes[:part]
		resp, err := e.permissions.WriteRelationships(ctx, request)
		if err != nil {
			if last != nil {
				done(last) // what is written is written, and our reads must see it
			}
			return nil, err
		}
		last = resp.GetWrittenAt()
		if len(changes) == 0 {
			break
		}
		request.OptionalPreconditions = nil
	}
	last = e.withSchema(ctx, last)
	done(last)
	return last, nil
}

// fit returns how many of the changes fit in one request, at least one if there is any.
func (e *Engine) fit(changes []*v1.RelationshipUpdate) int {
	size := 0
	for i, change := range changes {
		size += proto.Size(change) + 8 // and its own frame
		if i == e.writeLimit || (i > 0 && size > writeBytes) {
			return i
		}
	}
	return len(changes)
}

// withSchema replaces the token of a write by one of the newest state where that is cheap. The token of a write
// does not say which schema it was written under, so every read with it would load the schema anew.
func (e *Engine) withSchema(ctx context.Context, written *v1.ZedToken) *v1.ZedToken {
	if e.store == nil {
		return written
	}
	head, err := e.store.head(ctx)
	if err != nil { // the write is done; its own token is right, only slower
		return written
	}
	return head
}

// updates returns the changes of a write in order. SpiceDB refuses two changes of one relationship in one request:
// a touch wins over the delete before it and over earlier touches, as it would one after the other.
func updates(w authz.Write) []*v1.RelationshipUpdate {
	out := make([]*v1.RelationshipUpdate, 0, len(w.Deletes)+len(w.Touches))
	touched := make(map[authz.Relationship]int, len(w.Touches))
	for i, r := range w.Touches {
		touched[r.Key()] = i
	}
	deleted := make(map[authz.Relationship]struct{}, len(w.Deletes))
	for _, r := range w.Deletes {
		key := r.Key()
		_, again := deleted[key]
		if _, kept := touched[key]; !kept && !again {
			deleted[key] = struct{}{}
			out = append(out, &v1.RelationshipUpdate{Operation: v1.RelationshipUpdate_OPERATION_DELETE, Relationship: relationship(key)})
		}
	}
	for i, r := range w.Touches {
		if touched[r.Key()] == i {
			out = append(out, &v1.RelationshipUpdate{Operation: v1.RelationshipUpdate_OPERATION_TOUCH, Relationship: relationship(r)})
		}
	}
	return out
}

// newestToken returns a token of the newest state.
func (e *Engine) newestToken(ctx context.Context) (*v1.ZedToken, error) {
	if e.store != nil {
		return e.store.head(ctx)
	}
	if token := askedToken(e.heads.latest(ctx)); token != nil {
		return token, nil
	}
	resp, err := e.schemas.ReadSchema(ctx, &v1.ReadSchemaRequest{}) // works without our schema, and says what is wrong
	return resp.GetReadAt(), err
}

// Read implements authz.Reader. It pages at the revision of the first page, so any number of relationships can be
// read and they belong together.
func (e *Engine) Read(ctx context.Context, f authz.Filter) iter.Seq2[authz.Relationship, error] {
	return func(yield func(authz.Relationship, error) bool) {
		consistency, err := e.latest(ctx)
		if err == nil && f.SubjectID != "" && f.SubjectType == "" {
			err = fault.At("subject", "a subject id needs its type")
		}
		if err == nil {
			err = e.readPages(ctx, f, consistency, func(r authz.Relationship) bool { return yield(r, nil) })
		}
		if err != nil {
			yield(authz.Relationship{}, e.translate(ctx, "read relationships of "+f.Resource.Type, err))
		}
	}
}

// readPages calls each for every relationship until it returns false.
func (e *Engine) readPages(ctx context.Context, f authz.Filter, at *v1.Consistency, each func(authz.Relationship) bool) error {
	request := &v1.ReadRelationshipsRequest{Consistency: at, RelationshipFilter: relationshipFilter(f), OptionalLimit: readPage}
	for {
		page, err := e.readPage(ctx, request)
		if err != nil {
			return err
		}
		for _, resp := range page {
			if !each(fromRelationship(resp.GetRelationship())) {
				return nil
			}
		}
		if len(page) < readPage {
			return nil
		}
		request.OptionalCursor = page[len(page)-1].GetAfterResultCursor()
	}
}

// readPage reads a page to its end before anything is done with it: a slow consumer must not hold a stream open.
func (e *Engine) readPage(ctx context.Context, request *v1.ReadRelationshipsRequest) ([]*v1.ReadRelationshipsResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.permissions.ReadRelationships(ctx, request)
	if err != nil {
		return nil, err
	}
	var page []*v1.ReadRelationshipsResponse
	err = drain(stream, func(resp *v1.ReadRelationshipsResponse) { page = append(page, resp) })
	return page, err
}
