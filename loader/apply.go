package loader

import (
	"context"
	"fmt"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
)

// Importer runs a change of the catalog that is made of many, in one piece. fn may run more than once and must
// leave no trace outside the change. After an error nothing is changed, but for fault.Unavailable whose message
// says that the change is saved and waits for the authorization engine.
type Importer interface {
	Import(ctx context.Context, p catalog.Principal, fn func(ctx context.Context, c *catalog.Change) error) (authz.Token, error)
}

// OrganizationReport says what was done in an organization.
type OrganizationReport struct {
	Name   string `json:"name"`
	Counts Counts `json:"counts"`
}

// Report says what was done, and how fresh a question must be to see it.
type Report struct {
	Organizations []OrganizationReport `json:"organizations"`
	Token         authz.Token          `json:"token,omitempty"`
}

// Counts returns what was done in all organizations together.
func (r Report) Counts() Counts {
	out := Counts{}
	for _, o := range r.Organizations {
		for kind, n := range o.Counts {
			sum := out[kind]
			sum.Created += n.Created
			sum.Updated += n.Updated
			sum.Deleted += n.Deleted
			out[kind] = sum
		}
	}
	return out
}

// Apply carries a plan out for a principal, one import for each organization. It stops at the first organization
// that fails, which is left as it was; the report says what was done before. A plan that the state has moved away
// from fails with the catalog's Conflict or NotFound: make a new one. progress, when it is not nil, hears how
// many actions of how many are done.
func Apply(ctx context.Context, svc Importer, p catalog.Principal, plan Plan, progress func(done, total int)) (Report, error) {
	report := Report{Organizations: []OrganizationReport{}}
	done, total := 0, len(plan.Actions())
	if progress == nil {
		progress = func(int, int) {}
	}
	progress(done, total)
	for _, o := range plan.Organizations {
		token, err := svc.Import(ctx, p, func(ctx context.Context, c *catalog.Change) error {
			return applyOrganization(ctx, c, o)
		})
		if err != nil {
			return report, fmt.Errorf("import organization %s: %w", o.Name, err)
		}
		report.Organizations = append(report.Organizations, OrganizationReport{Name: o.Name, Counts: o.Counts()})
		report.Token = token
		done += len(o.Actions)
		progress(done, total)
	}
	return report, nil
}

func applyOrganization(ctx context.Context, c *catalog.Change, plan OrganizationPlan) error {
	a, err := newApplication(ctx, c, plan)
	if err != nil {
		return err
	}
	for _, action := range plan.Actions {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.apply(ctx, action); err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
	}
	return nil
}
