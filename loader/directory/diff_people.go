package directory

import (
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// The reasons of suspensions and releases, for people.
const (
	reasonDisabled = "the directory has disabled the account"
	reasonGone     = "the directory has the account no more"
	reasonReleased = "he has been disabled or gone for longer than memberships are kept"
)

// people plans what becomes of everybody: first of those the catalog knows by their id, then of the others.
func (d *differ) people() {
	order := slices.Clone(d.state.People)
	slices.SortFunc(order, func(a, b catalog.Person) int { return strings.Compare(a.ExternalID, b.ExternalID) })
	names := d.labels(order)
	owners := d.owners()
	memberships := d.membershipsOf()
	for _, p := range order {
		d.person(p, owners, memberships[p.UserID])
	}
	d.newcomers(names)
}

// word is what a snapshot says of a person.
type word string

const (
	wordNone     word = ""
	wordActive   word = "active"
	wordDisabled word = "disabled"
	wordGone     word = "gone"
)

func (d *differ) word(externalID string) word {
	u, ok := d.listed[externalID]
	switch {
	case !ok && d.usersGone(), ok && u.Deleted:
		return wordGone
	case !ok:
		return wordNone
	case u.Disabled:
		return wordDisabled
	}
	return wordActive
}

// person plans the ladder of one whom the catalog knows: suspended, restored, released.
func (d *differ) person(p catalog.Person, owners *ownership, memberships int) {
	f := &fate{userID: p.UserID, username: d.usernameOf(p.UserID, p.Username)}
	d.who[p.ExternalID] = f
	active := p.InactiveAt.IsZero()
	change := PersonChange{ExternalID: p.ExternalID, UserID: p.UserID, Username: p.Username, Email: p.Email}
	if to, ok := d.relabelled[p.ExternalID]; ok {
		change.Username, change.Email = to.Username, to.Email
	}
	switch said := d.word(p.ExternalID); {
	case said == wordNone || said == wordActive:
		switch {
		case active:
			return
		case said == wordActive && !d.reused[p.ExternalID]:
		case said == wordNone && d.snap.Partial: // he is gone as he was
			d.release(p, f, change, memberships)
			return
		default:
			f.standing = standsStill
			return
		}
		d.plan.Reread = d.plan.Reread || d.snap.Partial // what he joined and left in the meantime is not in it
		change.Op = OpRestore
	case active:
		f.standing = standsStill
		if reason := d.keeps(p, owners); reason != "" {
			d.conflict("user", p.ExternalID, f.username, "%s", reason)
			return
		}
		owners.leave(p.UserID)
		change.Op, change.Reason = OpSuspend, reasonDisabled
		if said == wordGone {
			change.Reason = reasonGone
		}
	default:
		d.release(p, f, change, memberships)
		return
	}
	d.plan.People = append(d.plan.People, change)
}

// release takes from somebody who has been away for long what he kept.
func (d *differ) release(p catalog.Person, f *fate, change PersonChange, memberships int) {
	f.standing = standsStill
	if !d.due(p.InactiveAt) || memberships == 0 {
		return
	}
	if reason := d.guarded(p.UserID, p.Username); reason != "" {
		d.conflict("user", p.ExternalID, f.username, "he is gone for long, but %s; he stays in his groups", reason)
		return
	}
	change.Op, change.Reason, change.Memberships = OpRelease, reasonReleased, memberships
	d.plan.People = append(d.plan.People, change)
}

// keeps says why somebody whom the directory has disabled or lost is kept as he is, "" if he is not.
func (d *differ) keeps(p catalog.Person, owners *ownership) string {
	if reason := d.guarded(p.UserID, p.Username); reason != "" {
		return "the directory has disabled or lost him, but he " + reason + "; he is kept"
	}
	if org := owners.last(p.UserID); org != "" {
		return "the directory has disabled or lost him, but nobody else who stays owns organization " + org + "; he is kept"
	}
	return ""
}

// membershipsOf counts in how many groups of the source each user is. What a paused group has is not touched.
func (d *differ) membershipsOf() map[string]int {
	out := make(map[string]int, len(d.state.People))
	for _, g := range d.state.Groups {
		if g.Paused {
			continue
		}
		for _, userID := range g.Members {
			out[userID]++
		}
	}
	return out
}

// ownership knows who owns what, as a plan suspends people.
type ownership struct {
	sole  map[string]string          // by user id
	of    map[string][]string        // organizations, by user id
	stays map[string]map[string]bool // owners who stay, by organization
}

func (d *differ) owners() *ownership {
	o := &ownership{sole: d.state.SoleOwners, of: map[string][]string{}, stays: map[string]map[string]bool{}}
	for org, users := range d.state.Owners {
		o.stays[org] = map[string]bool{}
		for _, userID := range users {
			o.stays[org][userID] = true
			o.of[userID] = append(o.of[userID], org)
		}
	}
	for _, orgs := range o.of {
		slices.Sort(orgs)
	}
	return o
}

// last returns the name of an organization of which a user is the last active owner to stay, "" for none.
func (o *ownership) last(userID string) string {
	if org := o.sole[userID]; org != "" {
		return org
	}
	for _, org := range o.of[userID] {
		if len(o.stays[org]) == 1 && o.stays[org][userID] {
			return org
		}
	}
	return ""
}

func (o *ownership) leave(userID string) {
	for _, org := range o.of[userID] {
		delete(o.stays[org], userID)
	}
}
