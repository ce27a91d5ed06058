package entra

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/rest"
)

// cursor is where the changes begin: two addresses that Graph gave. They hold no secret, and are asked for with the credential
// of the read that uses them, at Graph alone.
type cursor struct {
	Users  string `json:"users"`
	Groups string `json:"groups"`
}

// String returns the cursor as it is kept.
func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return string(text)
}

// parseCursor reads a cursor that was kept; the zero one where it is none.
func parseCursor(text string) (at cursor) {
	if json.Unmarshal([]byte(text), &at) != nil || at.Users == "" || at.Groups == "" {
		return cursor{}
	}
	return at
}

// errStale says that increments can't be had, and that everything is to be read.
var errStale = errors.New("a full read is needed")

// begin returns the cursor of now.
func (t *tenant) begin(ctx context.Context) (at cursor, err error) {
	if _, at.Users, err = t.follow(ctx, "/users/delta?$select="+userFields+"&$deltatoken=latest"); err != nil {
		return at, err
	}
	_, at.Groups, err = t.follow(ctx, "/groups/delta?$select="+groupFields+",members&$deltatoken=latest")
	return at, err
}

// follow reads the pages of a delta query, to the link with which the next one begins. What does not arrive whole is an error:
// changes are taken all or not at all.
func (t *tenant) follow(ctx context.Context, target string) (all []record, next string, err error) {
	been := map[string]bool{}
	for {
		if been[target] {
			return nil, "", errStale
		}
		been[target] = true
		reply, err := t.client.Get(ctx, target)
		if err != nil {
			if s := rest.Status(err); s == http.StatusGone || s == http.StatusBadRequest { // the token has expired, or is not known
				return nil, "", errStale
			}
			return nil, "", err
		}
		a, err := read(reply)
		if err != nil {
			return nil, "", err
		}
		all = append(all, *a.Value...)
		switch {
		case a.Delta != "":
			return all, a.Delta, nil
		case a.Next == "":
			return nil, "", reply.Missing("both @odata.nextLink and @odata.deltaLink")
		}
		target = a.Next
	}
}

// changes reads what has changed; whole says that everything is to be read instead.
func (t *tenant) changes(ctx context.Context, text string) (out directory.Snapshot, whole bool, err error) {
	var at cursor
	if at = parseCursor(text); at == (cursor{}) {
		return out, true, nil
	}
	out.Partial = true
	var groups, users []record
	if groups, at.Groups, err = t.follow(ctx, at.Groups); err == nil {
		out.Groups, err = t.changedGroups(ctx, groups)
	}
	if err == nil {
		if users, at.Users, err = t.follow(ctx, at.Users); err == nil {
			out.Users, err = t.changedUsers(ctx, users)
		}
	}
	if errors.Is(err, errStale) {
		return directory.Snapshot{}, true, nil
	}
	if err != nil {
		return directory.Snapshot{}, false, err
	}
	out.Cursor = at.String()
	return out, false, nil
}

// changedUsers turns records of changes into people, the last of each. Graph may leave out what has not changed: such a record
// is read on its own, for nobody is disabled or enabled by a guess.
func (t *tenant) changedUsers(ctx context.Context, changes []record) ([]directory.User, error) {
	var order []string
	last := map[string]record{}
	for _, r := range changes {
		if _, ok := last[r.ID]; !ok {
			order = append(order, r.ID)
		}
		last[r.ID] = r
	}
	var out []directory.User
	for _, id := range order {
		r := last[id]
		if r.Removed != nil {
			out = append(out, directory.User{ID: id, Deleted: true})
			continue
		}
		if lacksOfUser(r) != "" || r.Mail == nil {
			var err error
			if r, err = t.one(ctx, "/users/", id, userFields); err != nil {
				return nil, err
			}
			if lacksOfUser(r) != "" {
				return nil, errStale
			}
		}
		out = append(out, userOf(r))
	}
	return out, nil
}

// one reads one record.
func (t *tenant) one(ctx context.Context, path, id, fields string) (record, error) {
	reply, err := t.client.Get(ctx, path+url.PathEscape(id)+"?$select="+fields)
	if err != nil {
		if rest.Status(err) == http.StatusNotFound {
			return record{}, errStale // changed and gone since: what it was is not known
		}
		return record{}, err
	}
	var r record
	if err := reply.Decode(&r); err != nil {
		return r, err
	}
	if r.ID != id {
		return r, reply.Missing("the id that was asked for")
	}
	return r, nil
}

// changedGroups turns records of changes into groups. The same group may come several times, each with other members.
func (t *tenant) changedGroups(ctx context.Context, changes []record) ([]directory.Group, error) {
	var order []string
	merged := map[string]*change{}
	for _, r := range changes {
		if merged[r.ID] == nil {
			order = append(order, r.ID)
			merged[r.ID] = &change{}
		}
		if !merged[r.ID].merge(r) {
			return nil, errStale
		}
	}
	var out []directory.Group
	for _, id := range order {
		g, err := t.changedGroup(ctx, id, merged[id])
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// change is what the records of one group say together.
type change struct {
	name    string
	deleted bool
	people  turnover
	groups  turnover
}

// turnover is who joined (true) or left (false), the last word about each.
type turnover struct {
	order []string
	in    map[string]bool
}

func (t *turnover) note(r record) {
	if t.in == nil {
		t.in = map[string]bool{}
	}
	if _, ok := t.in[r.ID]; !ok {
		t.order = append(t.order, r.ID)
	}
	t.in[r.ID] = r.Removed == nil
}

func (t *turnover) lists() (joined, left []string) {
	for _, id := range t.order {
		if t.in[id] {
			joined = append(joined, id)
		} else {
			left = append(left, id)
		}
	}
	return joined, left
}

// merge adds a record. It reports false where the record lacks what it must have.
func (c *change) merge(r record) bool {
	c.deleted = r.Removed != nil
	if r.DisplayName != nil {
		c.name = *r.DisplayName
	}
	if r.Members == nil {
		return true
	}
	for _, m := range *r.Members {
		switch {
		case m.ID == "" || m.Type == "":
			return false
		case m.Type == typeGroup:
			c.groups.note(m)
		case m.Type == typeUser:
			c.people.note(m)
		}
	}
	return true
}

// changedGroup returns what a change makes of a group.
func (t *tenant) changedGroup(ctx context.Context, id string, c *change) (directory.Group, error) {
	if c.deleted {
		return directory.Group{ID: id, Deleted: true}, nil
	}
	if c.name == "" {
		r, err := t.one(ctx, "/groups/", id, groupFields)
		if err != nil {
			return directory.Group{}, err
		}
		if lacksOfGroup(r) != "" {
			return directory.Group{}, errStale
		}
		c.name = *r.DisplayName
	}
	g := directory.Group{ID: id, Name: c.name, Incremental: true}
	g.Members, g.Removed = c.people.lists()
	g.Groups, g.RemovedGroups = c.groups.lists()
	return g, nil
}
