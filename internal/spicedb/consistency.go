package spicedb

import (
	"context"
	"sync"
	"time"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"github.com/authzed/spicedb/pkg/datalayer"
	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/zedtoken"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// tokenField is how callers know the consistency token (AuthZEN's context).
const tokenField = "context.zedtoken"

// overlapWindow is how long overlapping writes of this process make reads fully consistent. After it every
// supported datastore's "minimize latency" has passed them: 5.5 s by default, 10.3 s with follower reads.
const overlapWindow = 15 * time.Second

// store is the datastore of a server in this process.
type store struct {
	datastore.Datastore
	alwaysHead bool // every answer is given at the newest revision, whatever was asked
}

// head returns a token for the newest revision. It asks the datastore itself: SpiceDB shares one head lookup among
// the requests that wait for it, so "fully consistent" may join a lookup that began before our write committed.
func (s *store) head(ctx context.Context) (*v1.ZedToken, error) {
	found, err := s.HeadRevision(ctx)
	if err == nil && found.Revision == nil {
		err = datastore.NewInvalidRevisionErr(datastore.NoRevision, datastore.CouldNotDetermineRevision)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the authorization engine does not answer")
	}
	token, err := zedtoken.NewFromRevision(ctx, found.Revision, datalayer.SchemaHash(found.SchemaHash), s)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the authorization engine does not answer")
	}
	return token, nil
}

// at returns the consistency of a request that must see the newest state.
func (s *store) at(head *v1.ZedToken) *v1.Consistency {
	if s.alwaysHead {
		return atExactly(head)
	}
	// No revision is newer than the head, so this is the head; unlike an exact snapshot it costs Postgres no query
	// to validate the revision.
	return atLeast(head)
}

// consistency turns what a caller asks for into what SpiceDB is asked for.
func (e *Engine) consistency(ctx context.Context, c authz.Consistency) (*v1.Consistency, error) {
	if c.Freshness == authz.AtLeastAsFresh {
		if err := e.checkToken(c.Token); err != nil {
			return nil, err
		}
	}
	if e.store != nil && e.store.alwaysHead {
		return e.latest(ctx)
	}
	switch c.Freshness {
	case authz.AtLeastAsFresh:
		return atLeast(&v1.ZedToken{Token: string(c.Token)}), nil
	case authz.MinimizeLatency:
		token, ordered := e.own.newest()
		switch {
		case !ordered:
			return e.latest(ctx)
		case token != nil:
			return atLeast(token), nil
		}
		return &v1.Consistency{Requirement: &v1.Consistency_MinimizeLatency{MinimizeLatency: true}}, nil
	case authz.Latest:
	}
	return e.latest(ctx)
}

// latest asks for the newest state.
func (e *Engine) latest(ctx context.Context) (*v1.Consistency, error) {
	if e.store == nil {
		return e.heads.latest(ctx), nil
	}
	head, err := e.store.head(ctx)
	if err != nil {
		return nil, err
	}
	return e.store.at(head), nil
}

// checkToken refuses a token that no SpiceDB, or not this one's kind of datastore, can have issued.
func (e *Engine) checkToken(token authz.Token) error {
	encoded := &v1.ZedToken{Token: string(token)}
	var err error
	if e.store != nil {
		_, err = zedtoken.DecodeRevision(encoded, e.store)
	} else {
		_, err = zedtoken.Decode(encoded)
	}
	if token == "" || err != nil {
		return fault.At(tokenField, "the consistency token is malformed")
	}
	return nil
}

func fullyConsistent() *v1.Consistency {
	return &v1.Consistency{Requirement: &v1.Consistency_FullyConsistent{FullyConsistent: true}}
}

func atLeast(token *v1.ZedToken) *v1.Consistency {
	return &v1.Consistency{Requirement: &v1.Consistency_AtLeastAsFresh{AtLeastAsFresh: token}}
}

func atExactly(token *v1.ZedToken) *v1.Consistency {
	return &v1.Consistency{Requirement: &v1.Consistency_AtExactSnapshot{AtExactSnapshot: token}}
}

// ownWrites remembers the newest write of this process, which every later read of it must see.
//
// Tokens are opaque, so two of them cannot be compared. Writes that do not overlap are ordered by when they were
// made; after two that did, nobody can tell which token is newer, and reads ask for the newest state instead until
// either a later write settles it or enough time has passed that any revision contains both.
type ownWrites struct {
	mu        sync.Mutex
	token     *v1.ZedToken
	last      time.Time // when it ended
	finished  int       // writes that have ended
	unordered time.Time // until when the newest token is unknown; zero when it is known
}

// begin marks the start of a write; the function it returns marks its success.
func (o *ownWrites) begin() func(*v1.ZedToken) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.finished
	return func(token *v1.ZedToken) {
		o.mu.Lock()
		defer o.mu.Unlock()
		overlapped := o.finished != before
		o.finished++
		o.token, o.last, o.unordered = token, time.Now(), time.Time{}
		if overlapped {
			o.unordered = o.last.Add(overlapWindow)
		}
	}
}

// within reports whether a write of this process ended less than d ago.
func (o *ownWrites) within(d time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.token != nil && time.Since(o.last) < d
}

// newest returns the token of the newest write, nil when there was none, and false while it is not known.
func (o *ownWrites) newest() (*v1.ZedToken, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.token, !time.Now().Before(o.unordered)
}

// blameToken turns SpiceDB's refusal of a revision into a fault of the caller when it was the caller's token that
// named it: every other part of a question has been checked before it was sent.
func (e *Engine) blameToken(c authz.Consistency, err error) error {
	if c.Freshness != authz.AtLeastAsFresh {
		return err
	}
	st, ok := status.FromError(err)
	refused := st.Code() == codes.OutOfRange ||
		(st.Code() == codes.InvalidArgument && reason(st) == v1.ErrorReason_ERROR_REASON_UNSPECIFIED)
	if !ok || !refused {
		return err
	}
	return fault.At(tokenField, "the consistency token is not one of this engine, or too old")
}
