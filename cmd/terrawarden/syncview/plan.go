package syncview

import (
	"fmt"
	"io"
	"strings"

	"github.com/terrawarden/terrawarden/client"
)

// Plan writes a plan: what holds it, what it counts, its first changes of total, what is left alone, and what may be done
// with it next.
func Plan(w io.Writer, s Style, plan client.SyncPlan, changes []client.SyncChange, total int) error {
	return s.write(w, func(p *page) {
		p.head(plan)
		if plan.Counts.Total() == 0 && len(plan.Trips) == 0 {
			p.line("")
			p.line("%s and the catalog agree: nothing to do.", plan.Source)
		}
		p.trips(plan)
		p.tally(plan)
		p.report(plan)
		p.changes(plan.ID, changes, total)
		p.leftAlone(plan)
		p.next(plan)
	})
}

// head says which plan it is and how far.
func (p *page) head(plan client.SyncPlan) {
	reading := "changes alone"
	if plan.Full {
		reading = "read wholly"
	}
	p.line("%s of %s (%s), made %s: %s", p.paint(bold, "Plan "+plan.ID), p.paint(bold, plan.Source), reading, p.ago(plan.CreatedAt), p.status(plan.Status))
	if plan.Decider != nil || plan.Comment != "" {
		by := ""
		if plan.Decider != nil {
			by = " by " + plan.Decider.String()
		}
		said := ""
		if plan.Comment != "" {
			said = fmt.Sprintf(": %q", visible(plan.Comment))
		}
		p.line("Decided%s %s%s", by, p.ago(plan.DecidedAt), said)
	}
	if plan.Error != "" {
		p.line("%s", p.paint(red, visible(plan.Error)))
	}
}

// status returns a state in its colour.
func (p *page) status(status string) string {
	switch status {
	case client.PlanHeld:
		return p.paint(red, "held until somebody approves it")
	case client.PlanFailed:
		return p.paint(red, "failed in the middle")
	case client.PlanPlanned:
		return p.paint(yellow, "planned, nothing changed yet")
	case client.PlanApplied:
		return p.paint(green, "applied")
	}
	return status
}

// trips says which guards hold the plan, in their words.
func (p *page) trips(plan client.SyncPlan) {
	if len(plan.Trips) == 0 {
		return
	}
	p.line("")
	verb, verbs := "holds", "hold"
	if plan.Status != client.PlanHeld {
		verb, verbs = "held", "held"
	}
	title := "A guard " + verb + " it:"
	if n := len(plan.Trips); n > 1 {
		title = fmt.Sprintf("%d guards %s it:", n, verbs)
	}
	p.line("%s", p.paint(bold, title))
	rows := make([][]cell, len(plan.Trips))
	for i, t := range plan.Trips {
		rows[i] = []cell{{"!", red}, {t.Guard, red}, {visible(t.Message), ""}}
	}
	p.columns("  ", rows)
}

// tally counts what the plan does.
func (p *page) tally(plan client.SyncPlan) {
	c := plan.Counts
	if c.Total() == 0 {
		return
	}
	p.line("")
	var rows [][]cell
	for _, kind := range []struct {
		name  string
		tally client.SyncTally
		gone  string // what a deletion is called
	}{{"people", c.People, "deleted"}, {"groups", c.Groups, "deleted"}, {"team links", c.Links, "ended"}} {
		if words := tallied(kind.tally, kind.gone); words != "" {
			rows = append(rows, []cell{{kind.name, ""}, {words, ""}})
		}
	}
	if m := c.Memberships; m.Add+m.Remove > 0 {
		var signs []string
		if m.Add > 0 {
			signs = append(signs, p.paint(green, "+"+number(m.Add)))
		}
		if m.Remove > 0 {
			signs = append(signs, p.paint(red, "-"+number(m.Remove)))
		}
		rows = append(rows, []cell{{"memberships", ""}, {strings.Join(signs, " ") + " of " + number(plan.Before.Memberships), ""}})
	}
	p.columns("  ", rows)
}

func tallied(t client.SyncTally, gone string) string {
	var words []string
	for _, part := range []struct {
		n    int
		verb string
	}{
		{t.Suspend, "suspended"}, {t.Retire, "gone"}, {t.Release, "released"}, {t.Delete, gone}, {t.Restore, "restored"}, {t.Update, "changed"}, {t.Create, "new"},
	} {
		if part.n > 0 {
			words = append(words, number(part.n)+" "+part.verb)
		}
	}
	return strings.Join(words, ", ")
}

// leftAlone says what the plan does not do, and why.
func (p *page) leftAlone(plan client.SyncPlan) {
	rows := make([][]cell, len(plan.Unknown))
	for i, u := range plan.Unknown {
		what := "group"
		name := u.Name
		if u.What == "users" || u.What == "groups" {
			what, name = "all", u.What
		}
		if name == "" {
			name = u.What
		}
		rows[i] = []cell{{"?", yellow}, {what, ""}, {visible(name), ""}, {visible(u.Reason), ""}}
	}
	p.some("Not read wholly, so left alone:", rows, plan.UnknownCount, plan.ID)
	rows = make([][]cell, len(plan.Conflicts))
	for i, c := range plan.Conflicts {
		name := c.Name
		if name == "" {
			name = c.ID
		}
		rows[i] = []cell{{"x", yellow}, {c.What, ""}, {visible(name), ""}, {visible(c.Reason), ""}}
	}
	p.some("Not done:", rows, plan.ConflictCount, plan.ID)
	if len(plan.Warnings) > 0 {
		p.line("")
	}
	for _, text := range plan.Warnings {
		p.line("%s %s", p.paint(yellow, "Warning:"), visible(text))
	}
}

// some adds the first rows of a list of total.
func (p *page) some(title string, rows [][]cell, total int, plan string) {
	if len(rows) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint(bold, title))
	if !p.All && len(rows) > shownFirst {
		rows = rows[:shownFirst]
	}
	p.columns("  ", rows)
	p.more(max(total, len(rows))-len(rows), plan)
}

// more says how many more there are.
func (p *page) more(n int, plan string) {
	switch {
	case n > 0 && p.All:
		p.line("%s", p.paint(dim, fmt.Sprintf("  … and %s more (terrawarden sync show %s --document)", number(n), plan)))
	case n > 0:
		p.line("%s", p.paint(dim, fmt.Sprintf("  … and %s more (terrawarden sync show %s --all)", number(n), plan)))
	}
}

// next says what may be done with the plan.
func (p *page) next(plan client.SyncPlan) {
	const command = "terrawarden sync "
	var rows [][]cell
	switch plan.Status {
	case client.PlanHeld:
		rows = [][]cell{{{"approve", ""}, {command + "approve " + plan.ID + " --digest " + plan.Digest, dim}}, {{"reject", ""}, {command + "reject " + plan.ID, dim}}}
	case client.PlanPlanned:
		if plan.Counts.Total() == 0 {
			return
		}
		rows = [][]cell{{{"apply", ""}, {command + "apply " + plan.ID + " --digest " + plan.Digest, dim}}}
	default:
		return
	}
	p.line("")
	p.columns("", rows)
}
