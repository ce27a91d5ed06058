package syncview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/client"
)

const (
	shownFirst = 10 // lines of a list, and changes of a plan
	shownNames = 3  // people of a change
)

// ShownFirst is how many changes of a plan are written unless all are wanted.
func ShownFirst() int { return shownFirst }

// changes writes the first changes of total.
func (p *page) changes(plan string, all []client.SyncChange, total int) {
	if len(all) == 0 {
		return
	}
	title := "Changes:"
	if slices.ContainsFunc(all, takes) {
		title = "Changes, those that take most away first:"
	}
	p.line("")
	p.line("%s", p.paint(bold, title))
	if p.All {
		for _, c := range all {
			p.columns("  ", [][]cell{p.row(c)})
			p.names("-", red, c.Remove)
			p.names("+", green, c.Add)
		}
	} else {
		rows := make([][]cell, len(all))
		for i, c := range all {
			rows[i] = p.row(c)
		}
		p.columns("  ", rows)
	}
	p.more(total-len(all), plan)
}

// names writes everybody who is put into a group or taken out of it.
func (p *page) names(sign, color string, all []string) {
	for _, name := range all {
		p.line("      %s %s", p.paint(color, sign), visible(name))
	}
}

// takes reports whether a change takes something from somebody.
func takes(c client.SyncChange) bool {
	return c.Removes > 0 || slices.Contains([]string{"suspend", "retire", "release", "delete"}, c.Op)
}

// row returns a change: its sign, what it is about, and what becomes of that.
func (p *page) row(c client.SyncChange) []cell {
	sign := cell{"~", yellow}
	switch {
	case slices.Contains([]string{"suspend", "retire", "release", "delete"}, c.Op):
		sign = cell{"-", red}
	case c.Op == "create" || c.Op == "restore":
		sign = cell{"+", green}
	}
	name, words := p.about(c)
	return []cell{sign, {c.Kind, ""}, {visible(name), ""}, {words, ""}}
}

// about returns what a change is about, and what becomes of that.
func (p *page) about(c client.SyncChange) (name, words string) {
	switch {
	case c.Kind == "person":
		return c.Name, person(c)
	case c.Kind == "link" && c.SiteAdmins:
		return "site admins", link(c)
	case c.Kind == "link":
		return c.Team, link(c)
	}
	return c.Name, p.group(c)
}

// person says what becomes of a person.
func person(c client.SyncChange) string {
	because := ""
	if c.Reason != "" {
		because = ": " + visible(c.Reason)
	}
	switch c.Op {
	case "create":
		return strings.TrimRight("is new "+bracketed(c.Email), " ") + because
	case "suspend":
		return "is suspended" + because
	case "restore":
		return "is back" + because
	case "release":
		return fmt.Sprintf("has been gone for long and leaves %s%s", count(c.Removes, "group", "groups"), because)
	}
	if c.Was != "" {
		return fmt.Sprintf("was called %s %s", visible(c.Was), bracketed(c.Email))
	}
	return "changes " + bracketed(c.Email)
}

// link says what becomes of a team that follows a group.
func link(c client.SyncChange) string {
	by := ""
	if c.Rule != "" {
		by = fmt.Sprintf(" (rule %s)", visible(c.Rule))
	}
	if c.Op == "delete" {
		return fmt.Sprintf("no longer follows group %s%s: at most %s", visible(c.Name), by, leave(c.Removes))
	}
	return fmt.Sprintf("follows group %s%s", visible(c.Name), by)
}

// group says what becomes of a group and its people.
func (p *page) group(c client.SyncChange) string {
	var words []string
	switch c.Op {
	case "create":
		words = append(words, "is new")
	case "restore":
		words = append(words, "is back")
	case "retire":
		words = append(words, "is gone from the directory")
	case "delete":
		words = append(words, "has been gone for long and is deleted")
	}
	if c.Was != "" {
		words = append(words, "was called "+visible(c.Was))
	}
	if c.Removes > 0 {
		words = append(words, p.paint(red, leaveOf(c.Removes, max(c.Members, c.Removes)))+p.few(c.Remove, c.Removes))
	}
	if c.Adds > 0 {
		words = append(words, p.paint(green, join(c.Adds))+p.few(c.Add, c.Adds))
	}
	if n := len(c.RemoveGroups); n > 0 {
		words = append(words, p.paint(red, "no longer holds "+count(n, "group", "groups")))
	}
	if n := len(c.AddGroups); n > 0 {
		words = append(words, p.paint(green, "holds "+count(n, "more group", "more groups")))
	}
	if len(words) == 0 {
		return "changes"
	}
	return strings.Join(words, "; ")
}

// few names the first of some people, none where all are named below.
func (p *page) few(names []string, total int) string {
	if p.All || len(names) == 0 {
		return ""
	}
	first := make([]string, 0, shownNames+1)
	for _, n := range names[:min(len(names), shownNames)] {
		first = append(first, visible(n))
	}
	if rest := total - len(first); rest > 0 {
		first = append(first, fmt.Sprintf("and %s more", number(rest)))
	}
	return " (" + strings.Join(first, ", ") + ")"
}

func leave(n int) string {
	if n == 1 {
		return "1 person leaves"
	}
	return number(n) + " people leave"
}

// leaveOf says how many of a group's people leave it.
func leaveOf(n, of int) string {
	verb := "leave"
	if n == 1 {
		verb = "leaves"
	}
	return fmt.Sprintf("%s of %s %s", number(n), count(of, "person", "people"), verb)
}

func join(n int) string {
	if n == 1 {
		return "1 person joins"
	}
	return number(n) + " people join"
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "<" + visible(text) + ">"
}
