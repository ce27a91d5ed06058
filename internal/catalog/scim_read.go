package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// ProvisionedQuery narrows what a SCIM connection has brought down to what a client looks for. Empty fields select nothing
// further.
type ProvisionedQuery struct {
	IDs         []string // of users or groups
	ExternalIDs []string // exactly as written
	Usernames   []string // any case; of people alone
	// Gone brings those whom the client has deleted as well. They are kept, so that whoever comes back is known.
	Gone bool
}

// provisions returns the source of what a principal provisions: the name of his service account, for a token with the
// scope scim. Nobody else has a connection, site admins included.
func provisions(p Principal) (string, error) {
	if p.Subject.Type != schema.TypeServiceAccount || !p.Has(ScopeSCIM) || p.Name == "" {
		return "", fault.New(fault.Denied, "provisioning needs a service token with the scope %s", ScopeSCIM)
	}
	return p.Name, nil
}

// ProvisionedPeople returns the people of the principal's own connection, the oldest first; scope scim.
func (s *Service) ProvisionedPeople(ctx context.Context, p Principal, q ProvisionedQuery) ([]Person, error) {
	source, err := provisions(p)
	if err != nil {
		return nil, err
	}
	filter := PersonFilter{Source: source, UserIDs: q.IDs, ExternalIDs: q.ExternalIDs, Usernames: q.Usernames}
	if !q.Gone {
		filter.Deleted = new(false)
	}
	found, err := s.store.Persons(ctx, filter)
	slices.SortFunc(found, func(a, b Person) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.UserID, b.UserID))
	})
	return found, err
}

// ProvisionedGroups returns the groups of the principal's own connection, the oldest first; scope scim.
func (s *Service) ProvisionedGroups(ctx context.Context, p Principal, q ProvisionedQuery) ([]Group, error) {
	source, err := provisions(p)
	if err != nil {
		return nil, err
	}
	found, err := s.groupsOf(ctx, source, q)
	found = slices.DeleteFunc(found, func(g Group) bool {
		return g.Source != source || !q.Gone && !g.GoneAt.IsZero() || len(q.ExternalIDs) > 0 && !slices.Contains(q.ExternalIDs, g.ExternalID)
	})
	slices.SortFunc(found, func(a, b Group) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	return found, err
}

func (s *Service) groupsOf(ctx context.Context, source string, q ProvisionedQuery) ([]Group, error) {
	if len(q.IDs) > 0 {
		return s.store.Groups(ctx, q.IDs...)
	}
	if len(q.ExternalIDs) == 1 {
		g, err := s.store.GroupByExternalID(ctx, source, q.ExternalIDs[0])
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		return []Group{g}, err
	}
	return s.store.GroupsOf(ctx, source)
}

// ProvisionedMembers returns who is in some groups of the principal's own connection by himself, and which groups are
// nested in them. Without a group and a user it returns those of all of them; with a user, his memberships alone. Scope
// scim; groups of others are as if there were none.
func (s *Service) ProvisionedMembers(ctx context.Context, p Principal, userID string, groupIDs ...string) ([]GroupMember, []GroupChild, error) {
	source, err := provisions(p)
	if err != nil {
		return nil, nil, err
	}
	members, err := s.store.GroupMembers(ctx, GroupMemberFilter{GroupIDs: groupIDs, UserID: userID, Source: source})
	if err != nil || userID != "" {
		return members, nil, err
	}
	all, err := s.store.GroupsOf(ctx, source)
	if err != nil {
		return nil, nil, err
	}
	own := make(map[string]bool, len(all))
	for _, g := range all {
		own[g.ID] = len(groupIDs) == 0 || slices.Contains(groupIDs, g.ID)
	}
	children, err := s.store.GroupChildren(ctx)
	return members, slices.DeleteFunc(children, func(c GroupChild) bool { return !own[c.ParentID] }), err
}

// Arrival is what decides whose account somebody is whom a SCIM client brings: all who may be meant by his external id,
// his username or his address.
type Arrival struct {
	Directory Directory
	People    []Person // of the connection, those who are gone included
	Users     []User
	// Open are the ids of the users whom nobody vouches for: no identity provider, but for the very identity of whom the
	// client brings, and no directory. Nobody is open to a connection that is trusted with nothing. Identities are, by
	// subject, those of the connection's own identity provider.
	Open       map[string]bool
	Identities map[string]string
}

// ProvisionedArrival looks up who somebody may be; scope scim.
func (s *Service) ProvisionedArrival(ctx context.Context, p Principal, externalID, username, email string) (Arrival, error) {
	source, err := provisions(p)
	if err != nil {
		return Arrival{}, err
	}
	var out Arrival
	err = s.store.InTx(ctx, func(q Queries) error {
		out = Arrival{Open: map[string]bool{}}
		if out.Directory, err = q.Directory(ctx, source); err != nil {
			return err
		}
		return out.look(ctx, q, externalID, username, email)
	})
	return out, err
}

func (a *Arrival) look(ctx context.Context, q Queries, externalID, username, email string) error {
	filters := []UserFilter{{Usernames: []string{username}}}
	if email != "" {
		filters = append(filters, UserFilter{Emails: []string{email}})
	}
	if a.Directory.Issuer != "" && externalID != "" {
		i, err := q.Identity(ctx, a.Directory.Issuer, externalID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			a.Identities = map[string]string{i.Subject: i.UserID}
			filters = append(filters, UserFilter{IDs: []string{i.UserID}})
		}
	}
	for _, f := range filters {
		found, err := q.Users(ctx, f)
		if err != nil {
			return err
		}
		a.Users = append(a.Users, found...)
	}
	slices.SortFunc(a.Users, func(x, y User) int { return cmp.Compare(x.ID, y.ID) })
	a.Users = slices.CompactFunc(a.Users, func(x, y User) bool { return x.ID == y.ID })
	return a.vouched(ctx, q, externalID, username)
}

// vouched finds out who of the users is open.
func (a *Arrival) vouched(ctx context.Context, q Queries, externalID, username string) error {
	filters := []PersonFilter{{Usernames: []string{username}}}
	if externalID != "" {
		filters = append(filters, PersonFilter{ExternalIDs: []string{externalID}})
	}
	for _, u := range a.Users {
		filters = append(filters, PersonFilter{UserIDs: []string{u.ID}})
		open, err := a.isOpen(ctx, q, u.ID, externalID)
		if err != nil {
			return err
		}
		a.Open[u.ID] = open
	}
	for _, f := range filters {
		f.Source = a.Directory.Name
		found, err := q.Persons(ctx, f)
		if err != nil {
			return err
		}
		a.People = append(a.People, found...)
	}
	slices.SortFunc(a.People, func(x, y Person) int { return cmp.Compare(x.ExternalID, y.ExternalID) })
	a.People = slices.CompactFunc(a.People, func(x, y Person) bool { return x.ExternalID == y.ExternalID })
	var others []string
	for _, p := range a.People {
		delete(a.Open, p.UserID)
		if !slices.ContainsFunc(a.Users, func(u User) bool { return u.ID == p.UserID }) {
			others = append(others, p.UserID)
		}
	}
	if len(others) == 0 {
		return nil
	}
	found, err := q.Users(ctx, UserFilter{IDs: others})
	a.Users = append(a.Users, found...)
	return err
}

// isOpen reports whether a user is one whom somebody of an external id may be by his name or address.
func (a *Arrival) isOpen(ctx context.Context, q Queries, userID, externalID string) (bool, error) {
	if a.Directory.Trust.known() == TrustNone {
		return false, nil
	}
	identities, err := q.Identities(ctx, IdentityFilter{UserID: userID})
	if err != nil || slices.ContainsFunc(identities, func(i Identity) bool { return i.Issuer != a.Directory.Issuer || i.Subject != externalID }) {
		return false, err
	}
	known, err := q.CountPersons(ctx, PersonFilter{UserIDs: []string{userID}})
	return err == nil && known == 0, err
}
