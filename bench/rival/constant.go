package rival

import (
	"context"

	"github.com/terrawarden/terrawarden/bench/estate"
	"github.com/terrawarden/terrawarden/bench/process"
	"github.com/terrawarden/terrawarden/internal/authz"
)

// FixedAnswer is a server that answers every question with yes.
type FixedAnswer struct{ overHTTP }

// Constant starts the server that answers a constant over Terrawarden's own HTTP stack: what a check would cost if
// deciding were free. It is sent the same bytes as Terrawarden, credential included.
func Constant(ctx context.Context, p Programs) (*FixedAnswer, error) {
	started, err := process.Announced(ctx, nil, p.Bench, "constant")
	if err != nil {
		return nil, err
	}
	c := &FixedAnswer{overHTTP{running: running{name: NameConstant, process: started}, yes: []byte(`"decision":true`), no: []byte(`"decision":false`)}}
	like := &Service{overHTTP: overHTTP{running: c.running}, Token: "twn_at-0123456789abcdef_0123456789abcdef0123456789abcdef0123456789a_abcdef"}
	c.request = func(q estate.Question) []byte { return like.Evaluation(q.User.ID, q.Permission, q.Workspace.ID) }
	return c, nil
}

// Load does nothing.
func (c *FixedAnswer) Load(context.Context, []authz.Relationship) error { return nil }
