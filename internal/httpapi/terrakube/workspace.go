package terrakube

import (
	"context"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// workspaceService is what the file needs of the catalog.
type workspaceService interface {
	ListTerrakubeWorkspaces(ctx context.Context, p catalog.Principal, q catalog.PlaceQuery) ([]catalog.Workspace, error)
	FindTerrakubeWorkspace(ctx context.Context, p catalog.Principal, id string) (catalog.Workspace, error)
	CreateTerrakubeWorkspace(ctx context.Context, p catalog.Principal, organizationID string, want catalog.TerrakubeWorkspace) (catalog.Workspace, authz.Token, error)
	UpdateTerrakubeWorkspace(ctx context.Context, p catalog.Principal, id string, want catalog.TerrakubeWorkspace) (authz.Token, error)
	SafeDeleteWorkspace(ctx context.Context, p catalog.Principal, id string) (authz.Token, error)
	OrganizationsByID(ctx context.Context, ids ...string) (map[string]catalog.Organization, error)
	SharedWith(ctx context.Context, p catalog.Principal, workspaceIDs ...string) (map[string][]string, error)
}

func (h *Handler) workspaceNoun() noun {
	return noun{
		typ: typeWorkspace, parents: []string{typeOrganization, ""}, audited: true,
		attributes: []attribute{
			{name: "name"},
			{name: "description"},
			{name: "source"},
			{name: "branch"},
			{name: "folder"},
			{name: "terraformVersion"},
			{name: "iacType", otherwise: "terraform"},
			{name: "executionMode", otherwise: "remote"},
			{name: "defaultTemplate"},
			{name: "locked", kind: flag},
			{name: "lockDescription"},
			{name: "deleted", kind: flag, otherwise: false},
			{name: "allowRemoteApply", kind: flag, otherwise: false},
			{name: "globalRemoteState", kind: flag, otherwise: false},
			{name: "sharedIds"},
			{name: "moduleSshKey"},
			{name: "lastJobStatus"},
			{name: "lastJobDate"},
		},
		relations: []relationKind{
			{name: typeOrganization, typ: typeOrganization, fixed: true},
			{name: typeProject, typ: typeProject},
			{name: "vcs", typ: "vcs"},
			{name: "ssh", typ: "ssh"},
			{name: "agent", typ: "agent"},
			{name: "job", typ: "job", many: true, fixed: true},
			{name: "history", typ: "history", many: true, fixed: true},
			{name: "webhook", typ: "webhook", fixed: true},
		},
		reads: endpoint.Permission(schema.WorkspaceRead), writes: endpoint.Permission(schema.ProjectCreateWorkspace),
		list: h.listWorkspaces, get: h.getWorkspace, create: h.createWorkspace, update: h.updateWorkspace,
		remove: func(ctx context.Context, p catalog.Principal, _ place, id string) (authz.Token, error) {
			return h.Service.SafeDeleteWorkspace(ctx, p, id)
		},
	}
}

// keptRelations are the relations of a workspace that access does not depend on.
func keptRelations() []string { return []string{"vcs", "ssh", "agent"} }

func (h *Handler) listWorkspaces(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error) {
	q := placesCalled(want)
	q.OrganizationID = at[typeOrganization]
	rows, err := h.Service.ListTerrakubeWorkspaces(ctx, p, q)
	if err != nil {
		return nil, err
	}
	return h.workspaceResources(ctx, p, rows...)
}

func (h *Handler) getWorkspace(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
	w, err := h.Service.FindTerrakubeWorkspace(ctx, p, id)
	if err == nil && at.elsewhere(w.OrganizationID) {
		err = fault.New(fault.NotFound, "there is no workspace %s", id)
	}
	if err != nil {
		return resource{}, err
	}
	return h.workspaceResource(ctx, p, w)
}

func (h *Handler) createWorkspace(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
	if at[typeOrganization] == "" {
		return resource{}, "", fault.New(fault.Denied, "a workspace is made in its organization")
	}
	want, err := h.workspaceWanted(ctx, p, at[typeOrganization], in, createdBy)
	if err != nil {
		return resource{}, "", err
	}
	w, token, err := h.Service.CreateTerrakubeWorkspace(ctx, p, at[typeOrganization], want)
	if err != nil {
		return resource{}, "", err
	}
	shown, err := h.workspaceResource(ctx, p, w)
	return shown, token, err
}

// updateWorkspace changes a workspace. One that is marked as deleted is deleted: that is how clients do it, and nothing
// may be left of it under its name.
func (h *Handler) updateWorkspace(ctx context.Context, p catalog.Principal, _ place, id string, in input) (authz.Token, error) {
	if deleted, _ := in.flag("deleted"); deleted {
		return h.Service.SafeDeleteWorkspace(ctx, p, id)
	}
	w, err := h.Service.FindTerrakubeWorkspace(ctx, p, id)
	if err != nil {
		return "", err
	}
	want, err := h.workspaceWanted(ctx, p, w.OrganizationID, in, updatedBy)
	if err != nil {
		return "", err
	}
	return h.Service.UpdateTerrakubeWorkspace(ctx, p, id, want)
}

// workspaceWanted returns what a client wants a workspace of an organization to be. Without a project it is in the
// default one.
func (h *Handler) workspaceWanted(ctx context.Context, p catalog.Principal, organizationID string, in input, by string) (catalog.TerrakubeWorkspace, error) {
	want := catalog.TerrakubeWorkspace{Edit: workspaceEdit(in, by, p)}
	projectID, sent := in.one(typeProject)
	if want.ProjectID = projectID; sent && projectID == "" {
		all, err := h.Service.OrganizationsByID(ctx, organizationID)
		if err != nil {
			return want, err
		}
		want.ProjectID = all[organizationID].DefaultProjectID
	}
	if projectID != "" { // which project of another organization there is, is nobody's business
		prj, err := h.Service.FindTerrakubeProject(ctx, p, projectID)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) || err == nil && prj.OrganizationID != organizationID {
			return want, fault.At(typeProject, "is no project of the organization")
		}
		if err != nil {
			return want, err
		}
	}
	if locked, sent := in.attributes["locked"].(bool); sent {
		want.Locked = &locked
	}
	if reason, sent := in.text("lockDescription"); sent {
		want.LockReason = &reason
	}
	var ids string
	ids, want.Shared = in.text("sharedIds")
	taken := map[string]bool{"": true}
	for id := range strings.SplitSeq(ids, ",") {
		if id = strings.TrimSpace(id); !taken[id] {
			taken[id], want.SharedWith = true, append(want.SharedWith, id)
		}
	}
	return want, nil
}

// workspaceEdit puts what a client sent over a workspace, and who he is.
func workspaceEdit(in input, by string, p catalog.Principal) catalog.Edit[catalog.Workspace] {
	return func(w catalog.Workspace, _ catalog.Home) (catalog.Workspace, error) {
		before := w
		if name, sent := in.text("name"); sent {
			w.Name = name
		}
		if description, sent := in.text("description"); sent {
			w.Description = description
		}
		var err error
		w.Attributes, err = in.overPlace(w.Attributes, keptRelations(), []string{"name", "description", "locked", "lockDescription", "deleted", "sharedIds"})
		if err != nil || w == before && by == updatedBy {
			return w, err
		}
		mine := keptWithPlace(w.Attributes)
		mine[by] = p.Name
		w.Attributes, err = keepWithPlace(w.Attributes, mine)
		return w, err
	}
}

// defaultProjects returns the default projects of some organizations.
func (h *Handler) defaultProjects(ctx context.Context, organizationIDs []string) (map[string]bool, error) {
	all, err := h.Service.OrganizationsByID(ctx, organizationIDs...)
	out := map[string]bool{}
	for _, o := range all {
		out[o.DefaultProjectID] = true
	}
	return out, err
}

func (h *Handler) workspaceResource(ctx context.Context, p catalog.Principal, w catalog.Workspace) (resource, error) {
	all, err := h.workspaceResources(ctx, p, w)
	if err != nil {
		return resource{}, err
	}
	return all[0], nil
}

// workspaceResources returns workspaces as documents show them to somebody. It costs three look-ups, however many there are.
func (h *Handler) workspaceResources(ctx context.Context, p catalog.Principal, rows ...catalog.Workspace) ([]resource, error) {
	ids, organizations := make([]string, len(rows)), make([]string, len(rows))
	for i, w := range rows {
		ids[i], organizations[i] = w.ID, w.OrganizationID
	}
	defaults, err := h.defaultProjects(ctx, organizations)
	if err != nil {
		return nil, err
	}
	shared, err := h.Service.SharedWith(ctx, p, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]resource, len(rows))
	for i, w := range rows {
		all := keptWithPlace(w.Attributes)
		r := resource{id: w.ID, attributes: all, relations: map[string][]string{typeOrganization: {w.OrganizationID}}}
		for _, name := range keptRelations() {
			if id, ok := all[name].(string); ok {
				r.relations[name] = []string{id}
			}
			delete(all, name)
		}
		if !defaults[w.ProjectID] {
			r.relations[typeProject] = []string{w.ProjectID}
		}
		all["name"], all["description"] = w.Name, optional(w.Description)
		all["locked"], all["lockDescription"] = !w.LockedBy.IsZero(), optional(w.LockReason)
		all["sharedIds"] = optional(strings.Join(shared[w.ID], ","))
		all["createdDate"], all["updatedDate"] = instant(w.CreatedAt), instant(w.UpdatedAt)
		out[i] = r
	}
	return out, nil
}
