package directory

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// The kinds of changes.
const (
	kindPerson = "person"
	kindGroup  = "group"
	kindLink   = "link"
)

// namedMembers is how many people a change names on each side, unless all are asked for.
const namedMembers = 20

// listChanges lists what a plan changes: what takes most away first.
func (h *Handler) listChanges(c echo.Context) error {
	page, err := jsonapi.ReadPage(c.QueryParams())
	if err != nil {
		return err
	}
	kind := c.QueryParam("filter[kind]")
	if !slices.Contains([]string{"", kindPerson, kindGroup, kindLink}, kind) {
		return jsonapi.Parameter("filter[kind]", "must be person, group or link")
	}
	whole, err := answer.BoolParameter(c, "whole")
	if err != nil {
		return err
	}
	all, err := h.changes(c.Request().Context(), caller(c), c.Param("plan"))
	if err != nil {
		return err
	}
	if kind != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(change changeAttributes) bool { return change.Kind != kind })
	}
	var shown []jsonapi.Resource
	for i, change := range jsonapi.Cut(all, page) {
		if whole == nil || !*whole {
			change.Add, change.Remove = change.Add[:min(len(change.Add), namedMembers)], change.Remove[:min(len(change.Remove), namedMembers)]
		}
		shown = append(shown, jsonapi.Resource{ID: c.Param("plan") + "-" + strconv.Itoa(page.Offset()+i+1), Type: typeChanges, Attributes: change})
	}
	return answer.SendPage(c, page, len(all), shown, nil, nil)
}

// listing is the plan whose changes were listed last: whoever lists all of a large one asks for a hundred pages, each of
// which would read and order it again. What a plan changes never changes.
type listing struct {
	plan    string
	changes []changeAttributes
}

// changes returns what a plan changes to whoever may see it. The caller must not write into it.
func (h *Handler) changes(ctx context.Context, p catalog.Principal, id string) ([]changeAttributes, error) {
	h.mu.Lock()
	recent := h.recent
	h.mu.Unlock()
	if recent.plan == id {
		_, _, err := h.Engine.Plans(ctx, p, catalog.SyncPlanFilter{}, catalog.Window{Limit: 1}) // refuses as FindPlan does
		return recent.changes, err
	}
	_, plan, _, err := h.Engine.FindPlan(ctx, p, id)
	if err != nil {
		return nil, err
	}
	recent = listing{plan: id, changes: changesOf(plan)}
	h.mu.Lock()
	h.recent = recent
	h.mu.Unlock()
	return recent.changes, nil
}

// changeAttributes are a change as documents show it.
type changeAttributes struct {
	Kind         string   `json:"kind"`
	Op           string   `json:"op"`
	ExternalID   string   `json:"external-id"`
	Name         string   `json:"name"`
	Was          any      `json:"was"`
	Email        any      `json:"email"`
	Team         any      `json:"team"`
	SiteAdmins   bool     `json:"site-admins"`
	Rule         any      `json:"rule"`
	Reason       any      `json:"reason"`
	Members      int      `json:"members"`
	Adds         int      `json:"adds"`
	Removes      int      `json:"removes"`
	Add          []string `json:"add"`
	Remove       []string `json:"remove"`
	AddGroups    []string `json:"add-groups"`
	RemoveGroups []string `json:"remove-groups"`
}

// changesOf returns the changes of a plan: what takes most away first, then what takes
// anything, then the rest, what adds most first; people before groups and links, by their ids.
func changesOf(p directory.Plan) []changeAttributes {
	var out []changeAttributes
	for _, x := range p.People {
		out = append(out, personChange(x))
	}
	for _, x := range p.Groups {
		out = append(out, groupChange(x))
	}
	for _, x := range p.Links {
		out = append(out, linkChange(x))
	}
	slices.SortStableFunc(out, func(a, b changeAttributes) int {
		return cmp.Or(cmp.Compare(b.Removes, a.Removes), cmp.Compare(gravity(a.Op), gravity(b.Op)), cmp.Compare(b.Adds, a.Adds))
	})
	return out
}

// gravity orders operations: what takes something away, what changes it, what gives it back, what is new.
func gravity(op string) int {
	switch directory.Op(op) {
	case directory.OpRetire, directory.OpDelete, directory.OpRelease, directory.OpSuspend:
		return 0
	case directory.OpUpdate:
		return 1
	case directory.OpRestore:
		return 2
	case directory.OpCreate:
		return 3 //nolint:mnd // an order
	}
	return 1
}

func personChange(x directory.PersonChange) changeAttributes {
	out := blank(kindPerson, x.Op, x.ExternalID, x.Username)
	out.Email, out.Reason, out.Removes = answer.OrNull(x.Email), answer.OrNull(x.Reason), x.Memberships
	if x.Was != nil && x.Was.Username != x.Username {
		out.Was = answer.OrNull(x.Was.Username)
	}
	return out
}

func groupChange(x directory.GroupChange) changeAttributes {
	out := blank(kindGroup, x.Op, x.ExternalID, x.Name)
	out.Was, out.Members = answer.OrNull(x.Was), x.Members+x.Nested
	out.Add, out.Remove = names(x.Add), names(x.Remove)
	out.Adds, out.Removes = len(x.Add), len(x.Remove)+x.Lost
	out.AddGroups, out.RemoveGroups = append(out.AddGroups, x.AddGroups...), append(out.RemoveGroups, x.RemoveGroups...)
	return out
}

func linkChange(x directory.LinkChange) changeAttributes {
	out := blank(kindLink, x.Op, x.GroupExternalID, x.GroupName)
	out.SiteAdmins, out.Rule, out.Removes = x.SiteAdmins, answer.OrNull(x.Rule), x.People
	if !x.SiteAdmins {
		out.Team = x.Organization + "/" + x.Team
	}
	return out
}

func blank(kind string, op directory.Op, externalID, name string) changeAttributes {
	return changeAttributes{Kind: kind, Op: string(op), ExternalID: externalID, Name: name, Add: []string{}, Remove: []string{}, AddGroups: []string{}, RemoveGroups: []string{}}
}

// names returns what members are called.
func names(all []directory.Member) []string {
	out := make([]string, len(all))
	for i, m := range all {
		out[i] = cmp.Or(m.Username, m.ExternalID, m.UserID)
	}
	return out
}

// counts are how many changes of each kind a plan has.
type counts struct {
	People      tally       `json:"people"`
	Groups      tally       `json:"groups"`
	Links       tally       `json:"links"`
	Memberships memberships `json:"memberships"`
}

// memberships are how many a plan adds and takes, directly.
type memberships struct {
	Add    int `json:"add"`
	Remove int `json:"remove"`
}

// tally counts changes by what they do.
type tally struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Suspend int `json:"suspend"`
	Restore int `json:"restore"`
	Retire  int `json:"retire"`
	Release int `json:"release"`
	Delete  int `json:"delete"`
}

func (t *tally) add(op directory.Op) {
	switch op {
	case directory.OpCreate:
		t.Create++
	case directory.OpUpdate:
		t.Update++
	case directory.OpSuspend:
		t.Suspend++
	case directory.OpRestore:
		t.Restore++
	case directory.OpRetire:
		t.Retire++
	case directory.OpRelease:
		t.Release++
	case directory.OpDelete:
		t.Delete++
	}
}

func counted(p directory.Plan) counts {
	var c counts
	for _, x := range p.People {
		c.People.add(x.Op)
		c.Memberships.Remove += x.Memberships
	}
	for _, x := range p.Groups {
		c.Groups.add(x.Op)
		c.Memberships.Add += len(x.Add)
		c.Memberships.Remove += len(x.Remove)
	}
	for _, x := range p.Links {
		c.Links.add(x.Op)
	}
	return c
}
