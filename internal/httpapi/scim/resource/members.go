package resource

import "github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"

// people returns the members of the group as a roster, which they stay until the end.
func (p *patch) people() *roster {
	if p.roster == nil {
		p.roster = newRoster(elementsOf(p.after[membersName]))
	}
	return p.roster
}

// memberList applies a change of the members of a group, all of them or those that a filter chooses.
func (p *patch) memberList(c change) error {
	r := p.people()
	switch {
	case c.path.Filter != nil && c.op == remove:
		return p.removeMembers(c, r)
	case c.path.Filter != nil:
		return p.memberParts(c)
	case c.op == remove && !c.valued:
		r.clear()
		return nil
	}
	values, err := p.coercion.list(c.target.attribute, c.value)
	if err != nil {
		return err
	}
	switch c.op {
	case add:
		r.add(values)
	case replace:
		r.replace(values)
	case remove:
		for _, v := range values {
			r.remove(valueOf(v))
		}
	}
	return nil
}

// removeMembers takes out whom a filter chooses.
func (p *patch) removeMembers(c change, r *roster) error {
	var found bool
	if name, id, ok := c.path.Filter.Equality(); ok && name == "value" {
		if e, ok := c.path.Filter.(filter.Comparison); ok && p.profile.strict() && e.Value.Bare {
			return bad(InvalidFilter, "%s: a string stands in quotation marks", e)
		}
		found = r.remove(id)
	} else {
		match, err := filter.Compile(c.path.Filter, elements{c.target.attribute}, p.profile.strict())
		if err != nil {
			return parseError(err)
		}
		found = r.removeWhere(match)
	}
	if !found && p.profile.strict() {
		return bad(NoTarget, "%s chooses no member", c.path)
	}
	return nil
}

// memberParts applies a change of the parts of members, as of any other values. What a member is cannot change, so that
// these are few.
func (p *patch) memberParts(c change) error {
	r := p.people()
	container := map[string]any{membersName: clone(r.members())}
	if err := p.elements(c, container); err != nil {
		return err
	}
	next := elementsOf(container[membersName])
	r.bare = r.bare || len(r.place) > 0 && len(next) == 0
	r.arrange(next)
	return nil
}
