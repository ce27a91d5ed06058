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

// tagKeeper is what tags need of the catalog. They are the ones that /api/v2 shows.
type tagKeeper interface {
	ListTags(ctx context.Context, p catalog.Principal, f catalog.TagFilter, w catalog.Window) ([]catalog.CountedTag, int, error)
	ListWorkspaceTags(ctx context.Context, p catalog.Principal, id, contains string, w catalog.Window) ([]catalog.CountedTag, int, error)
	CreateTag(ctx context.Context, p catalog.Principal, organizationID, name string) (catalog.Tag, authz.Token, error)
	RenameTag(ctx context.Context, p catalog.Principal, organizationID, id, name string) (authz.Token, error)
	DeleteTags(ctx context.Context, p catalog.Principal, organizationID string, ids ...string) (authz.Token, error)
	AddWorkspaceTags(ctx context.Context, p catalog.Principal, id string, refs catalog.Sent[[]catalog.TagRef]) (authz.Token, error)
	RemoveWorkspaceTags(ctx context.Context, p catalog.Principal, id string, refs catalog.Sent[[]catalog.TagRef]) (authz.Token, error)
}

// tagNoun is the noun of tags. Who made one is in the audit events alone.
func (h *Handler) tagNoun() noun {
	return noun{
		typ: "tag", parents: []string{typeOrganization}, audited: true, attributes: texts("name"),
		relations: []relationKind{{name: typeOrganization, typ: typeOrganization, fixed: true}},
		reads:     endpoint.Permission(schema.OrganizationView), writes: endpoint.Permission(schema.OrganizationManageTags),
		list: func(ctx context.Context, p catalog.Principal, at place, want sought) ([]resource, error) {
			f := catalog.TagFilter{OrganizationID: at[typeOrganization]}
			if want.name != "" {
				f.Names = []string{want.name}
			}
			return h.tags(ctx, p, f)
		},
		get: func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
			return only(h.tags(ctx, p, catalog.TagFilter{OrganizationID: at[typeOrganization], IDs: []string{id}}))
		},
		create: func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
			name, _ := in.text("name")
			t, token, err := h.Service.CreateTag(ctx, p, at[typeOrganization], name)
			return shownTag(t), token, err
		},
		update: func(ctx context.Context, p catalog.Principal, at place, id string, in input) (authz.Token, error) {
			name, sent := in.text("name")
			if !sent {
				found, err := only(h.tags(ctx, p, catalog.TagFilter{OrganizationID: at[typeOrganization], IDs: []string{id}}))
				if err != nil {
					return "", err
				}
				name, _ = found.attributes["name"].(string) // so that who may not change it is told so
			}
			return h.Service.RenameTag(ctx, p, at[typeOrganization], id, name)
		},
		remove: func(ctx context.Context, p catalog.Principal, at place, id string) (authz.Token, error) {
			return h.Service.DeleteTags(ctx, p, at[typeOrganization], id)
		},
	}
}

func (h *Handler) tags(ctx context.Context, p catalog.Principal, f catalog.TagFilter) ([]resource, error) {
	found, _, err := h.Service.ListTags(ctx, p, f, catalog.Window{})
	out := make([]resource, len(found))
	for i, t := range found {
		out[i] = shownTag(t.Tag)
	}
	return out, err
}

// only returns the one resource of a list; fault.NotFound where there is none.
func only(all []resource, err error) (resource, error) {
	if err == nil && len(all) != 1 {
		err = fault.New(fault.NotFound, "not found")
	}
	if err != nil {
		return resource{}, err
	}
	return all[0], nil
}

func shownTag(t catalog.Tag) resource {
	return resource{
		id: t.ID, attributes: map[string]any{"name": t.Name, "createdDate": date(t.CreatedAt)},
		relations: map[string][]string{typeOrganization: {t.OrganizationID}},
	}
}

// workspaceTagNoun is the noun of the tags that a workspace carries. Such a tie has no id of its own; it is made of both.
func (h *Handler) workspaceTagNoun() noun {
	return noun{
		typ: "workspacetag", path: "workspaceTag", parents: []string{typeWorkspace}, audited: true, attributes: texts("tagId"),
		relations: []relationKind{{name: typeWorkspace, typ: typeWorkspace, fixed: true}},
		reads:     endpoint.Permission(schema.WorkspaceRead), writes: endpoint.Permission(schema.WorkspaceManageTags),
		list: func(ctx context.Context, p catalog.Principal, at place, _ sought) ([]resource, error) {
			return h.workspaceTags(ctx, p, at[typeWorkspace])
		},
		get: func(ctx context.Context, p catalog.Principal, at place, id string) (resource, error) {
			all, err := h.workspaceTags(ctx, p, at[typeWorkspace])
			for _, one := range all {
				if one.id == id {
					return one, nil
				}
			}
			return only(nil, err)
		},
		create: func(ctx context.Context, p catalog.Principal, at place, in input) (resource, authz.Token, error) {
			id, _ := in.text("tagId")
			if id == "" {
				return resource{}, "", fault.At("tagId", "can't be blank")
			}
			token, err := h.Service.AddWorkspaceTags(ctx, p, at[typeWorkspace], tie(id))
			return shownTie(at[typeWorkspace], id), token, err
		},
		remove: func(ctx context.Context, p catalog.Principal, at place, id string) (authz.Token, error) {
			_, tagID, _ := strings.Cut(id, ".")
			return h.Service.RemoveWorkspaceTags(ctx, p, at[typeWorkspace], tie(tagID))
		},
		update: func(ctx context.Context, p catalog.Principal, at place, id string, in input) (authz.Token, error) {
			return h.retag(ctx, p, at[typeWorkspace], id, in)
		},
	}
}

// retag makes a workspace carry another tag in place of one.
func (h *Handler) retag(ctx context.Context, p catalog.Principal, workspaceID, id string, in input) (authz.Token, error) {
	_, was, _ := strings.Cut(id, ".")
	becomes, sent := in.text("tagId")
	if !sent {
		becomes = was
	}
	return h.Service.Together(ctx, p, func(ctx context.Context, s *catalog.Service) error {
		if _, err := s.AddWorkspaceTags(ctx, p, workspaceID, tie(becomes)); err != nil || becomes == was {
			return err
		}
		_, err := s.RemoveWorkspaceTags(ctx, p, workspaceID, tie(was))
		return err
	})
}

func tie(tagID string) catalog.Sent[[]catalog.TagRef] {
	return func() ([]catalog.TagRef, error) { return []catalog.TagRef{{ID: tagID}}, nil }
}

func (h *Handler) workspaceTags(ctx context.Context, p catalog.Principal, workspaceID string) ([]resource, error) {
	found, _, err := h.Service.ListWorkspaceTags(ctx, p, workspaceID, "", catalog.Window{})
	out := make([]resource, len(found))
	for i, t := range found {
		out[i] = shownTie(workspaceID, t.ID)
	}
	return out, err
}

func shownTie(workspaceID, tagID string) resource {
	return resource{
		id: workspaceID + "." + tagID, attributes: map[string]any{"tagId": tagID},
		relations: map[string][]string{typeWorkspace: {workspaceID}},
	}
}
