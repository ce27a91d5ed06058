package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// kinds sorts pairs of a subject and an object by all that the subject's permissions on the object depend on: the
// relationships of the object and of what is above it, as far as the subject has anything of them, before the change and
// after it. Pairs of one kind have the same answers, so one of each is asked about.
type kinds struct {
	of      map[authz.Object][]phased                // by object
	in      map[authz.Object]map[string]string       // subject -> team -> when he is in it
	holders map[string]string                        // binding -> the team that holds it
	gives   map[string]string                        // binding -> what it gives, before and after
	above   map[authz.Object]map[authz.Object]string // subject -> scope -> kind of the pair
	numbers map[string]string                        // what a pair depends on -> a short name for it
	moving  map[string]bool                          // names of what is not the same before the change and after it
}

// phased is a relationship with when it holds: "-" before the change alone, "+" after it alone, "=" both.
type phased struct {
	authz.Relationship

	when string
}

func newKinds(d *difference) *kinds {
	k := &kinds{
		of: map[authz.Object][]phased{}, in: map[authz.Object]map[string]string{}, holders: map[string]string{}, gives: map[string]string{},
		above: map[authz.Object]map[authz.Object]string{}, numbers: map[string]string{},
		moving: map[string]bool{},
	}
	rows := map[authz.Relationship]string{}
	for _, r := range d.before {
		rows[r] = "-"
	}
	for _, r := range d.after() {
		if rows[r] == "-" {
			rows[r] = "="
		} else {
			rows[r] = "+"
		}
	}
	atoms := map[string][]string{}
	for r, when := range rows {
		switch {
		case r.Relation == schema.RelHolder:
			k.holders[r.Resource.ID] = r.Subject.ID
		case r.Resource.Type == schema.TypeBinding:
			atoms[r.Resource.ID] = append(atoms[r.Resource.ID], when+r.Relation)
		default:
			k.of[r.Resource] = append(k.of[r.Resource], phased{r, when})
		}
		if r.Relation == schema.RelMembership && r.Resource.Type == schema.TypeTeam && d.subjects[r.Subject] {
			k.place(r.Subject, r.Resource.ID, when+expiry(r))
		}
	}
	for id, all := range atoms {
		slices.Sort(all)
		moves := slices.ContainsFunc(all, func(text string) bool { return text[0] != '=' })
		k.gives[id] = k.number("gives "+strings.Join(all, " "), moves)
	}
	return k
}

// place notes when a subject is in a team. Another deadline is another phase, so there may be two.
func (k *kinds) place(subject authz.Object, team, when string) {
	if k.in[subject] == nil {
		k.in[subject] = map[string]string{}
	}
	phases := append(strings.Fields(k.in[subject][team]), when)
	slices.Sort(phases)
	k.in[subject][team] = strings.Join(phases, " ")
}

func expiry(r authz.Relationship) string {
	if r.ExpiresAt.IsZero() {
		return ""
	}
	return fmt.Sprint("until", r.ExpiresAt.UnixNano())
}

// pair returns the kind of a subject and an object. Where nothing that a pair depends on is different after the change, the
// answers are the same by themselves, and moving does not have the kind.
func (k *kinds) pair(subject, object authz.Object) string {
	text, moves := k.depends(subject, object, true)
	return k.number(subject.Type+" "+object.Type+text, moves)
}

// number returns a short name for what a pair depends on.
func (k *kinds) number(text string, moves bool) string {
	n, known := k.numbers[text]
	if !known {
		n = strconv.Itoa(len(k.numbers))
		k.numbers[text], k.moving[n] = n, moves
	}
	return n
}

// depends returns what the permissions of a subject on an object depend on. Without parents it is what the object has by
// itself, for the one relation that points downwards, from an organization to its default project.
func (k *kinds) depends(subject, object authz.Object, parents bool) (text string, moves bool) {
	var lines []string
	for _, r := range k.of[object] {
		line, also := k.part(subject, r, parents)
		if line == "" {
			continue
		}
		moves = moves || also || r.when != "="
		lines = append(lines, "\n"+r.when+r.Relation+expiry(r.Relationship)+" "+line)
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), ""), moves
}

// part returns what a subject has of one relationship of an object, "" for nothing.
func (k *kinds) part(subject authz.Object, r phased, parents bool) (text string, moves bool) {
	switch {
	case r.Relation == schema.RelMembership:
		if r.Subject == subject {
			text = "member"
		}
	case r.Subject.Type == schema.TypeBinding:
		if in := k.in[subject][k.holders[r.Subject.ID]]; in != "" {
			gives := k.gives[r.Subject.ID]
			text, moves = gives+" "+in, k.moving[gives] || in[0] != '='
		}
	case r.Relation == schema.RelGuest:
		text = k.in[subject][r.Subject.ID]
		moves = text != "" && text[0] != '='
	case r.Subject == r.Resource:
		text = "itself"
	case r.Relation == schema.RelDefaultProject:
		text, moves = k.depends(subject, r.Subject, false)
		text = "(" + text + ")"
	case r.Subject.ID == "*":
		text = r.Subject.Type
	case parents:
		text = k.parent(subject, r.Subject)
		moves = k.moving[text]
	}
	return text, moves
}

// parent returns the kind of a subject and of a scope that much is in.
func (k *kinds) parent(subject, scope authz.Object) string {
	if k.above[subject] == nil {
		k.above[subject] = map[authz.Object]string{}
	}
	kind, known := k.above[subject][scope]
	if !known {
		kind = k.pair(subject, scope)
		k.above[subject][scope] = kind
	}
	return kind
}
