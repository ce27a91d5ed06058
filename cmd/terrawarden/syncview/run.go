package syncview

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/client"
)

// Run writes what became of a run or of a plan that was applied, in a few lines. A plan that is held wants Plan.
func Run(w io.Writer, s Style, plan client.SyncPlan) error {
	return s.write(w, func(p *page) {
		switch {
		case plan.Report != nil && plan.Report.Outcome == client.OutcomeUnchanged:
			p.line("%s and the catalog agree: nothing to do.", plan.Source)
		case plan.Status == client.PlanApplied:
			p.line("%s %s is in step%s", p.paint(green, "Done:"), plan.Source, took(plan.Report))
		default:
			p.head(plan)
		}
		p.tally(plan)
		p.report(plan)
		p.leftAlone(plan)
	})
}

// took says how long a run took.
func took(r *client.SyncReport) string {
	if r == nil {
		return ""
	}
	var parts []string
	for _, part := range []struct {
		verb    string
		seconds float64
	}{{"read in", r.ReadSeconds}, {"planned in", r.PlanSeconds}, {"applied in", r.ApplySeconds}} {
		if d := time.Duration(part.seconds * float64(time.Second)).Round(10 * time.Millisecond); d > 0 {
			parts = append(parts, part.verb+" "+d.String())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// report says what was not done of what was to be done.
func (p *page) report(plan client.SyncPlan) {
	r := plan.Report
	if r == nil || len(r.Skipped) == 0 {
		return
	}
	rows := make([][]cell, len(r.Skipped))
	for i, s := range r.Skipped {
		name := s.Name
		if name == "" {
			name = s.ID
		}
		rows[i] = []cell{{"x", yellow}, {s.Op + " " + s.What, ""}, {visible(name), ""}, {visible(s.Reason), ""}}
	}
	p.some(fmt.Sprintf("Skipped, and left to a later run (%s):", number(r.SkippedCount)), rows, r.SkippedCount, plan.ID)
}
