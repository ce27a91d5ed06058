package directory

import (
	"fmt"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// arrival is somebody whom the directory has and the catalog does not know by his id.
type arrival struct {
	user     User
	userID   string   // whom he is linked to, "" for nobody
	by       string   // what he is linked by, for people
	refused  string   // why he is left out
	involved []string // ids of the users he may be
}

// What somebody is known by, for people.
const (
	labelUsername = "username"
	labelAddress  = "e-mail address"
)

// newcomers plans people whom the catalog does not know: linked by their identity at the directory's issuer, then by
// address and username to accounts that nobody vouches for yet, else created. Whoever might be two people, or somebody
// else, is a conflict (research/standards.md section 3.6, point 7).
func (d *differ) newcomers(plates *nameplates) {
	var arrivals []*arrival
	names, mails := map[string]int{}, map[string]int{}
	for _, u := range d.snap.Users {
		if d.known[u.ID] != nil {
			continue
		}
		d.who[u.ID] = &fate{username: u.Username, standing: standsApart}
		if u.Deleted || u.Disabled {
			continue
		}
		arrivals = append(arrivals, &arrival{user: u})
		names[catalog.NameKey(u.Username)]++
		mails[mailKey(u.Email)]++
	}
	linked := map[string]int{}
	for _, a := range arrivals {
		d.link(a, plates, names, mails)
		if a.userID != "" && a.refused == "" {
			linked[a.userID]++
		}
	}
	for _, a := range arrivals {
		if a.refused == "" && linked[a.userID] > 1 {
			a.refused = fmt.Sprintf("several people of the directory could be user %s", d.state.Users[a.userID].Username)
			a.involved = append(a.involved, a.userID)
		}
		d.arrive(a)
	}
}

func (d *differ) arrive(a *arrival) {
	if a.refused != "" {
		d.conflict("user", a.user.ID, a.user.Username, "%s", a.refused)
		for _, userID := range a.involved {
			d.held[userID] = true
		}
		return
	}
	d.who[a.user.ID] = &fate{userID: a.userID, username: d.usernameOf(a.userID, a.user.Username), standing: standsIn}
	d.plan.Reread = d.plan.Reread || d.snap.Partial // what he was put into before is not in a snapshot of changes
	change := PersonChange{Op: OpCreate, ExternalID: a.user.ID, UserID: a.userID, Username: a.user.Username, Email: a.user.Email}
	if a.userID != "" {
		change.Reason = fmt.Sprintf("takes the account %s, %s", d.usernameOf(a.userID, ""), a.by)
	}
	d.plan.People = append(d.plan.People, change)
}

// link finds the user whom an arrival is, or says why that cannot be known.
func (d *differ) link(a *arrival, plates *nameplates, names, mails map[string]int) {
	if userID, ok := d.state.Identities[a.user.ID]; ok {
		a.userID, a.involved, a.by = userID, []string{userID}, "by whose login he is known"
		if p := d.byUser[userID]; p != nil {
			a.refused = fmt.Sprintf("the login of that id is user %s, whom the directory has under another id, %s", d.state.Users[userID].Username, p.ExternalID)
		}
		return
	}
	name, mail := catalog.NameKey(a.user.Username), mailKey(a.user.Email)
	byName := plates.name[name]
	var byMail []string
	if mail != "" {
		byMail = plates.mail[mail]
	}
	a.involved = append(append(a.involved, byName...), byMail...)
	switch {
	case names[name] > 1:
		a.refused = fmt.Sprintf("username %q stands for several people of the directory", a.user.Username)
	case mail != "" && mails[mail] > 1:
		a.refused = fmt.Sprintf("e-mail address %q stands for several people of the directory", a.user.Email)
	case len(byMail) > 1:
		a.refused = fmt.Sprintf("e-mail address %q belongs to several users", a.user.Email)
	}
	a.refuseLabel(labelUsername, a.user.Username, d.known[plates.label[name]], d)
	if mail != "" {
		a.refuseLabel(labelAddress, a.user.Email, d.known[plates.post[mail]], d)
	}
	d.linkTo(a, labelAddress, a.user.Email, byMail)
	d.linkTo(a, labelUsername, a.user.Username, byName)
	if a.refused != "" {
		return
	}
	if len(byName) == 1 && mailKey(d.state.Users[byName[0]].Username) != mailKey(a.user.Username) {
		a.refused = fmt.Sprintf("username %q merely looks like that of user %s", a.user.Username, d.state.Users[byName[0]].Username)
	} else if a.userID == "" {
		a.refused = usernameFault(a.user.Username)
	}
}

// refuseLabel refuses an arrival who is called what somebody whom the directory has under another id is called.
func (a *arrival) refuseLabel(what, label string, p *catalog.Person, d *differ) {
	if p == nil || a.refused != "" {
		return
	}
	a.involved = append(a.involved, p.UserID)
	if d.who[p.ExternalID].standing == standsIn && d.word(p.ExternalID) != wordGone {
		a.refused = fmt.Sprintf("%s %q is that of somebody else of the directory too, whose id is %s", what, label, p.ExternalID)
		return
	}
	a.refused = fmt.Sprintf("%s %q was that of somebody whose id is %s and who is disabled or gone: whoever comes after him does not inherit what he had", what, label, p.ExternalID)
}

// linkTo links an arrival to the only owner of one of his labels.
func (d *differ) linkTo(a *arrival, what, label string, owners []string) {
	if a.refused != "" || len(owners) != 1 {
		return
	}
	u := d.state.Users[owners[0]]
	switch p := d.byUser[u.ID]; {
	case p != nil:
		a.refuseLabel(what, label, p, d)
	case u.SiteAdmin && d.state.Trust != catalog.TrustAdministrators:
		a.refused = fmt.Sprintf("%s %q is that of site admin %s, and the directory is not trusted with administrators", what, label, u.Username)
	case !d.state.Open[owners[0]]:
		a.refused = fmt.Sprintf("%s %q is that of user %s, for whom another directory or identity provider vouches already", what, label, u.Username)
	case a.userID != "" && a.userID != owners[0]:
		a.refused = fmt.Sprintf("his e-mail address is that of user %s, and his username that of user %s", d.state.Users[a.userID].Username, u.Username)
	default:
		a.userID, a.by = owners[0], "which waited for him"
		if what == labelAddress {
			a.by += ", by its address"
		}
	}
}
