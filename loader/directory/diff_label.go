package directory

import (
	"cmp"
	"fmt"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// nameplates are who has which username and which address once the plan is done.
type nameplates struct {
	name  map[string][]string // folded username -> user ids
	mail  map[string][]string // folded address -> user ids
	label map[string]string   // folded username as the directory has it -> external id
	post  map[string]string   // folded address likewise
}

// relabel is another name or address of somebody.
type relabel struct {
	person     catalog.Person
	to         PersonLabels
	user       catalog.User
	name, mail bool // the user's own change as well
	refused    string
}

// labels plans the names and addresses of people whom the catalog knows. Several may change at once, so that two can swap
// theirs; a change that would take a name from somebody who keeps it is not done, nor what waited for it.
func (d *differ) labels(order []catalog.Person) *nameplates {
	var changes []*relabel
	for _, p := range order {
		u, ok := d.listed[p.ExternalID]
		if !ok || u.Deleted {
			continue
		}
		d.reused[p.ExternalID] = somebodyElse(p, *u)
		said := *u
		said.Email = cmp.Or(said.Email, p.Email) // a directory that says no address does not take one
		if said.Username == p.Username && said.Email == p.Email {
			continue
		}
		if change := d.relabel(p, said); change.refused == "" {
			changes = append(changes, change)
		} else {
			d.conflict("user", p.ExternalID, d.usernameOf(p.UserID, p.Username), "%s", change.refused)
		}
	}
	plates := d.settle(changes)
	for _, c := range changes {
		if c.refused != "" {
			d.conflict("user", c.person.ExternalID, c.user.Username, "%s", c.refused)
			continue
		}
		d.relabelled[c.person.ExternalID] = c.to
		d.plan.People = append(d.plan.People, PersonChange{
			Op: OpUpdate, ExternalID: c.person.ExternalID, UserID: c.person.UserID, Username: c.to.Username, Email: c.to.Email,
			Was: &PersonLabels{Username: c.person.Username, Email: c.person.Email},
		})
	}
	d.directoryLabels(plates)
	return plates
}

func (d *differ) relabel(p catalog.Person, u User) *relabel {
	c := &relabel{person: p, to: PersonLabels{Username: u.Username, Email: u.Email}, user: d.state.Users[p.UserID]}
	c.name = u.Username != p.Username && catalog.NameKey(c.user.Username) == catalog.NameKey(legalUsername(p.Username))
	c.mail = u.Email != p.Email
	if reason := d.guarded(p.UserID, p.Username); reason != "" {
		c.refused = "the directory has another name or address for him, but he " + reason + "; he keeps his"
	} else if d.reused[p.ExternalID] {
		c.refused = fmt.Sprintf("he was disabled or gone, and his id comes back as %s with another address as well: it may stand for somebody else, "+
			"who does not inherit what he had", u.Username)
	} else if reason := usernameFault(u.Username); reason != "" && u.Username != p.Username {
		c.refused = reason + "; he keeps the one he has"
	}
	return c
}

// somebodyElse reports whether the id of one who is disabled or gone seems to be used again: nothing that he is known by is
// the same. Where one of the two is, he was renamed.
func somebodyElse(p catalog.Person, u User) bool {
	return !p.InactiveAt.IsZero() && catalog.NameKey(u.Username) != catalog.NameKey(legalUsername(p.Username)) && mailKey(u.Email) != mailKey(p.Email)
}

// settle refuses changes until nobody gets what somebody else keeps, and returns who has what then.
func (d *differ) settle(changes []*relabel) *nameplates {
	for {
		plates := d.plates(changes)
		refused := false
		for _, c := range changes {
			switch {
			case c.refused != "":
				continue
			case c.name && len(plates.name[catalog.NameKey(c.to.Username)]) > 1:
				c.refused = "username " + c.to.Username + ", which the directory gives him now, belongs to somebody else; he keeps the one he has"
			case c.mail && len(plates.mail[mailKey(c.to.Email)]) > 1:
				c.refused = "e-mail address " + c.to.Email + ", which the directory gives him now, belongs to somebody else; he keeps the one he has"
			default:
				continue
			}
			refused = true
		}
		if !refused {
			return plates
		}
	}
}

// plates returns who has what when the changes that are not refused are done.
func (d *differ) plates(changes []*relabel) *nameplates {
	out := &nameplates{name: make(map[string][]string, len(d.state.Users)), mail: make(map[string][]string, len(d.state.Users))}
	of := make(map[string]*relabel, len(changes))
	for _, c := range changes {
		if c.refused == "" {
			of[c.person.UserID] = c
		}
	}
	for id, u := range d.state.Users {
		name, mail := u.Username, u.Email
		if c := of[id]; c != nil && c.name {
			name = c.to.Username
		}
		if c := of[id]; c != nil && c.mail {
			mail = c.to.Email
		}
		out.name[catalog.NameKey(name)] = append(out.name[catalog.NameKey(name)], id)
		if mail != "" && !isPlaceholder(mail) {
			out.mail[mailKey(mail)] = append(out.mail[mailKey(mail)], id)
		}
	}
	return out
}

// directoryLabels notes what the directory calls those whom the catalog knows, whatever their users are called.
func (d *differ) directoryLabels(plates *nameplates) {
	plates.label, plates.post = make(map[string]string, len(d.known)), make(map[string]string, len(d.known))
	for id, p := range d.known {
		name, mail := p.Username, p.Email
		if u, ok := d.listed[id]; ok && !u.Deleted {
			name, mail = u.Username, cmp.Or(u.Email, mail)
		}
		for labels, label := range map[*map[string]string]string{&plates.label: catalog.NameKey(name), &plates.post: mailKey(mail)} {
			if have, taken := (*labels)[label]; label != "" && (!taken || id < have) {
				(*labels)[label] = id
			}
		}
	}
}
