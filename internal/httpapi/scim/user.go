package scim

import (
	"context"
	"net/http"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// labels are what the catalog itself knows of a person.
func labels(r resource.Resource) directory.PersonLabels {
	return directory.PersonLabels{Username: text(r, "userName"), Email: email(r)}
}

// email returns the address of a person: the primary one, else the first of work, else the first.
func email(r resource.Resource) string {
	list, _ := r["emails"].([]any)
	best, rank := "", 0
	for _, element := range list {
		value, _ := member(element, "value").(string)
		kind, _ := member(element, "type").(string)
		now := 1
		switch {
		case value == "":
			continue
		case member(element, "primary") == true:
			now = 3
		case filter.Fold(kind) == "work":
			now = 2
		}
		if now > rank {
			best, rank = value, now
		}
	}
	return best
}

// isActive reports whether a resource says that its person may do anything. Saying nothing is yes.
func isActive(r resource.Resource) bool {
	active, said := r["active"].(bool)
	return active || !said
}

// addUser creates a person, or brings back one whom the client has deleted.
func (h *Handler) addUser(ctx context.Context, s session, r resource.Resource) (outcome, error) {
	externalID, to := text(r, "externalId"), labels(r)
	if strings.TrimSpace(to.Username) == "" {
		return outcome{}, wrongValue("userName is required")
	}
	arrival, err := h.Service.ProvisionedArrival(ctx, s.principal, externalID, to.Username, to.Email)
	if err != nil {
		return outcome{}, err
	}
	returning, err := returning(arrival.People, externalID, to.Username)
	if err != nil {
		return outcome{}, err
	}
	if returning != nil {
		return h.bringBack(ctx, s, *returning, r)
	}
	kept, err := attributes(r)
	if err != nil {
		return outcome{}, err
	}
	if externalID == "" {
		externalID = unnamed()
	}
	userID, err := h.linked(s, arrival, directory.User{ID: externalID, Username: to.Username, Email: to.Email})
	if err != nil {
		return outcome{}, err
	}
	token, err := h.push(ctx, s, directory.Plan{People: []directory.PersonChange{{
		Op: directory.OpCreate, ExternalID: externalID, UserID: userID, Username: to.Username, Email: to.Email, Attributes: kept, Disabled: !isActive(r),
	}}})
	if err != nil {
		return outcome{}, err
	}
	found, err := h.find(ctx, s, resource.User, catalog.ProvisionedQuery{ExternalIDs: []string{externalID}})
	if err != nil || len(found) != 1 {
		return outcome{}, cmpError(err, notThere(resource.User, externalID))
	}
	return outcome{status: http.StatusCreated, item: found[0], token: token}, nil
}

// cmpError returns the first error there is.
func cmpError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// returning returns whom somebody is that a client creates and that it has deleted before, nil for nobody: by his external
// id or, where neither then nor now there was one, by his username. A person who is there already is a conflict, and so is a
// username of somebody deleted who had another external id: whoever comes after him does not inherit what he had.
func returning(people []catalog.Person, externalID, username string) (*catalog.Person, error) {
	var found *catalog.Person
	for n, p := range people {
		sameID := externalID != "" && p.ExternalID == externalID
		sameName := catalog.NameKey(p.Username) == catalog.NameKey(username)
		i := item{kind: resource.User, person: p}
		stored, err := i.stored()
		if err != nil {
			return nil, err
		}
		neither := externalID == "" && stored["externalId"] == nil
		switch {
		case sameID && !p.Deleted:
			return nil, taken("externalId")
		case sameID || sameName && p.Deleted && neither:
			found = &people[n]
		case sameName:
			return nil, taken("userName")
		}
	}
	return found, nil
}

// linked returns the user whose account a new person gets, "" for a new one, by the rules that all directories have
// (directory.Diff): an account is his by its identity, or by address and username where nobody vouches for it yet.
func (h *Handler) linked(s session, a catalog.Arrival, u directory.User) (string, error) {
	state := directory.State{Trust: a.Directory.Trust, People: a.People, Users: map[string]catalog.User{}, Open: a.Open, Identities: a.Identities}
	for _, user := range a.Users {
		state.Users[user.ID] = user
	}
	snapshot := directory.Snapshot{Partial: true, Users: []directory.User{u}}
	plan := directory.Diff(directory.Settings{Name: s.source, Kind: "scim"}, snapshot, state, h.Now())
	for _, change := range plan.People {
		if change.Op == directory.OpCreate && change.ExternalID == u.ID {
			return change.UserID, nil
		}
	}
	return "", taken("userName")
}

// bringBack makes a person whom the client has deleted one that it has again.
func (h *Handler) bringBack(ctx context.Context, s session, p catalog.Person, r resource.Resource) (outcome, error) {
	kept, err := attributes(r)
	if err != nil {
		return outcome{}, err
	}
	var changes []directory.PersonChange
	to, was := labels(r), directory.PersonLabels{Username: p.Username, Email: p.Email}
	if to != was {
		changes = append(changes, directory.PersonChange{
			Op: directory.OpUpdate, ExternalID: p.ExternalID, UserID: p.UserID, Username: to.Username, Email: to.Email, Was: &was,
		})
	}
	changes = append(changes, directory.PersonChange{
		Op: directory.OpCreate, ExternalID: p.ExternalID, UserID: p.UserID, Username: to.Username, Email: to.Email, Attributes: kept, Disabled: !isActive(r),
	})
	return h.done(ctx, s, http.StatusCreated, resource.User, p.UserID, directory.Plan{People: changes})
}

// The reasons of suspensions and releases, for people.
const (
	reasonDisabled = "the client has disabled the account"
	reasonDeleted  = "the client has deleted the account"
)

// changeUser returns the plan of a change of a person.
func (h *Handler) changeUser(ctx context.Context, s session, p catalog.Person, next resource.Resource, effect resource.Effect) (directory.Plan, error) {
	to, externalID := labels(next), text(next, "externalId")
	if externalID == p.ExternalID {
		externalID = ""
	}
	if err := h.free(ctx, s, p, to.Username, externalID); err != nil {
		return directory.Plan{}, err
	}
	kept, err := attributes(next)
	if err != nil {
		return directory.Plan{}, err
	}
	var changes []directory.PersonChange
	if len(effect.Attributes) > 1 || effect.Attributes[0] != "active" {
		changes = append(changes, directory.PersonChange{
			Op: directory.OpUpdate, ExternalID: p.ExternalID, NewExternalID: externalID, UserID: p.UserID, Username: to.Username, Email: to.Email,
			Was: &directory.PersonLabels{Username: p.Username, Email: p.Email}, Attributes: kept,
		})
	}
	known := p.ExternalID
	if externalID != "" {
		known = externalID
	}
	turn := directory.PersonChange{ExternalID: known, UserID: p.UserID, Username: to.Username, Email: to.Email}
	was, is := p.InactiveAt.IsZero(), isActive(next)
	if next["active"] == nil { // the attribute is taken away, which says nothing
		is = was
	}
	switch {
	case was && !is:
		turn.Op, turn.Reason = directory.OpSuspend, reasonDisabled
		changes = append(changes, turn)
	case !was && is:
		turn.Op = directory.OpRestore
		changes = append(changes, turn)
	}
	return directory.Plan{People: changes}, nil
}

// free refuses a username or external id that somebody else of the connection has, be he deleted or not.
func (h *Handler) free(ctx context.Context, s session, p catalog.Person, username, externalID string) error {
	others := func(q catalog.ProvisionedQuery, attribute string) error {
		q.Gone = true
		found, err := h.Service.ProvisionedPeople(ctx, s.principal, q)
		if err != nil {
			return err
		}
		for _, o := range found {
			if o.UserID != p.UserID {
				return taken(attribute)
			}
		}
		return nil
	}
	if catalog.NameKey(username) != catalog.NameKey(p.Username) {
		if err := others(catalog.ProvisionedQuery{Usernames: []string{username}}, "userName"); err != nil {
			return err
		}
	}
	if externalID == "" {
		return nil
	}
	return others(catalog.ProvisionedQuery{ExternalIDs: []string{externalID}}, "externalId")
}

// dropUser returns the plan of a deletion: his access ends, he leaves the connection's groups, and what is left of him is a
// mark by which he is known when he comes back.
func (h *Handler) dropUser(ctx context.Context, s session, p catalog.Person) (directory.Plan, error) {
	members, _, err := h.Service.ProvisionedMembers(ctx, s.principal, p.UserID)
	if err != nil {
		return directory.Plan{}, err
	}
	gone := directory.PersonChange{
		Op: directory.OpSuspend, ExternalID: p.ExternalID, UserID: p.UserID, Username: p.Username, Email: p.Email, Gone: true, Reason: reasonDeleted,
	}
	plan := directory.Plan{People: []directory.PersonChange{gone}}
	if len(members) > 0 {
		gone.Op, gone.Gone, gone.Memberships = directory.OpRelease, false, len(members)
		plan.People = append(plan.People, gone)
	}
	return plan, nil
}
