package directory

import "slices"

// members plans who is put into a group that the snapshot has, and who is taken out.
func (d *differ) members(g *groupPlan) {
	want := make(map[string]bool, len(g.said.Members)) // users, by id
	unread := false
	for _, ref := range g.said.Members {
		switch f := d.who[ref]; {
		case f == nil:
			unread = true
		case f.standing == standsIn && f.userID == "":
			g.change.Add = append(g.change.Add, Member{ExternalID: ref, Username: f.username})
		case f.standing == standsIn:
			want[f.userID] = true
		case f.standing == standsStill || f.standing == standsApart:
			continue
		}
	}
	have := g.memberSet()
	for _, ref := range g.said.Members {
		if f := d.who[ref]; f != nil && f.userID != "" && want[f.userID] && (!have[f.userID] || g.have.Expiring[f.userID]) {
			g.change.Add = append(g.change.Add, Member{ExternalID: ref, UserID: f.userID, Username: f.username})
		}
	}
	leavers := g.leavers(want)
	if g.said.Incremental {
		leavers, unread = d.removed(g, have), false
	}
	for _, userID := range leavers {
		d.takeOut(g, userID, unread)
	}
}

func (g *groupPlan) memberSet() map[string]bool {
	if g.have == nil {
		return nil
	}
	out := make(map[string]bool, len(g.have.Members))
	for _, userID := range g.have.Members {
		out[userID] = true
	}
	return out
}

// leavers are the members whom a list of all members does not have.
func (g *groupPlan) leavers(want map[string]bool) []string {
	if g.have == nil {
		return nil
	}
	var out []string
	for _, userID := range g.have.Members {
		if !want[userID] {
			out = append(out, userID)
		}
	}
	return out
}

// removed are the members who, the snapshot says, have left.
func (d *differ) removed(g *groupPlan, have map[string]bool) []string {
	var out []string
	for _, ref := range g.said.Removed {
		userID := ""
		if f := d.who[ref]; f != nil {
			userID = f.userID
		}
		if userID == "" {
			userID = d.state.Identities[ref]
		}
		if have[userID] && !slices.Contains(out, userID) {
			out = append(out, userID)
		}
	}
	return out
}

// takeOut takes somebody out of a group, unless he is one whose memberships are kept, or who may be one of the members
// that could not be made out.
func (d *differ) takeOut(g *groupPlan, userID string, unread bool) {
	p := d.byUser[userID]
	switch {
	case d.held[userID], p == nil && unread:
		return
	case p != nil && d.who[p.ExternalID].standing != standsIn:
		return
	}
	if reason := d.stays(userID); reason != "" {
		d.conflict("group", g.id, g.name, "%s is in it no more, but he %s; he stays in it", d.usernameOf(userID, ""), reason)
		return
	}
	g.change.Remove = append(g.change.Remove, d.member(userID))
}

// stays says why somebody may not be taken out of a group, "" if he may.
func (d *differ) stays(userID string) string {
	label := ""
	if p := d.byUser[userID]; p != nil {
		label = p.Username
	}
	return d.guarded(userID, label)
}

// member is how a plan names a user who is in a group.
func (d *differ) member(userID string) Member {
	m := Member{UserID: userID, ExternalID: d.subject[userID]}
	if p := d.byUser[userID]; p != nil {
		m.ExternalID, m.Username = p.ExternalID, p.Username
	}
	m.Username = d.usernameOf(userID, m.Username)
	return m
}
