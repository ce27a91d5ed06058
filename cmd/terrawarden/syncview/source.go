package syncview

import (
	"fmt"
	"io"

	"github.com/terrawarden/terrawarden/client"
)

// Sources writes sources as a table, and below it why some of them fail.
func Sources(w io.Writer, s Style, all []client.SyncSource) error {
	return s.write(w, func(p *page) {
		if len(all) == 0 {
			p.line("There are no sources. They are set under sync: in the service's configuration.")
			return
		}
		rows := [][]cell{header("SOURCE", "KIND", "STATE", "LAST SUCCESS", "PEOPLE", "GROUPS", "MEMBERSHIPS", "NEXT RUN")}
		for _, x := range all {
			rows = append(rows, []cell{
				{x.Name, ""},
				{x.Kind, ""},
				p.state(x),
				{p.ago(x.SucceededAt), ""},
				{number(x.People), ""},
				{number(x.Groups), ""},
				{number(x.Memberships), ""},
				{p.due(x), ""},
			})
		}
		p.columns("", rows)
		p.afterwards(all)
	})
}

// due says when the next run is.
func (p *page) due(x client.SyncSource) string {
	switch {
	case x.State == client.SyncPaused:
		return "when resumed"
	case x.Pushed:
		return "when pushed"
	case x.NextRunAt.IsZero():
		return "on demand"
	case !x.NextRunAt.After(p.Now):
		return "now"
	}
	return p.ago(x.NextRunAt)
}

// state returns how a source is doing, in its colour.
func (p *page) state(x client.SyncSource) cell {
	switch x.State {
	case client.SyncHeld:
		return cell{"held " + x.Plan, red}
	case client.SyncFailing:
		if x.SucceededAt.IsZero() {
			return cell{"failing from the start", red}
		}
		return cell{"failing for " + span(p.Now.Sub(x.SucceededAt)), red}
	case client.SyncPaused, client.SyncDisabled:
		return cell{x.State, yellow}
	case client.SyncNew:
		return cell{"not in step yet", yellow}
	}
	return cell{x.State, green}
}

// afterwards says why sources fail, and what waits for somebody.
func (p *page) afterwards(all []client.SyncSource) {
	var failures, waiting []string
	for _, x := range all {
		if x.Failure != "" {
			failures = append(failures, fmt.Sprintf("%s: %s", x.Name, p.paint(red, visible(x.Failure))))
		}
		if x.Plan != "" {
			waiting = append(waiting, fmt.Sprintf("%s waits: terrawarden sync show %s", x.Name, x.Plan))
		}
	}
	for _, lines := range [][]string{failures, waiting} {
		if len(lines) > 0 {
			p.line("")
		}
		for _, line := range lines {
			p.line("%s", line)
		}
	}
}

// History writes plans as a table, as they come.
func History(w io.Writer, s Style, all []client.SyncPlan, total int) error {
	return s.write(w, func(p *page) {
		if len(all) == 0 {
			p.line("There are no plans.")
			return
		}
		rows := [][]cell{header("PLAN", "SOURCE", "MADE", "BY", "STATUS", "DIGEST", "COMMENT")}
		for _, x := range all {
			digest := x.Digest
			if len(digest) > 12 {
				digest = digest[:12]
			}
			said := x.Comment
			if x.Error != "" {
				said = x.Error
			}
			rows = append(rows, []cell{{x.ID, ""}, {x.Source, ""}, {p.ago(x.CreatedAt), ""}, {x.Trigger, ""}, {x.Status, statusColor(x.Status)}, {digest, ""}, {visible(said), ""}})
		}
		p.columns("", rows)
		if n := total - len(all); n > 0 {
			p.line("%s", p.paint(dim, fmt.Sprintf("… and %s older (--limit %d)", number(n), total)))
		}
	})
}

func statusColor(status string) string {
	switch status {
	case client.PlanHeld, client.PlanFailed:
		return red
	case client.PlanApplied:
		return green
	case client.PlanPlanned, client.PlanApplying:
		return yellow
	}
	return ""
}

func header(names ...string) []cell {
	out := make([]cell, len(names))
	for i, n := range names {
		out[i] = cell{n, bold}
	}
	return out
}
