package tfe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	typeTagBindings          = "tag-bindings"
	typeEffectiveTagBindings = "effective-tag-bindings"
	includeBindings          = "effective_tag_bindings"
)

// tagBindings is what the file needs of the catalog.
type tagBindings interface {
	TagBindingsOf(ctx context.Context, p catalog.Principal, resource authz.Object) ([]catalog.TagBinding, error)
	PutTagBindings(ctx context.Context, p catalog.Principal, resource authz.Object, sent catalog.Sent[[]catalog.TagBinding]) (authz.Token, error)
	EffectiveTagBindings(ctx context.Context, rows ...catalog.Workspace) (map[string][]catalog.TagBinding, error)
	ProjectTagBindings(ctx context.Context, ids ...string) (map[string][]catalog.TagBinding, error)
}

func (h *Handler) tagBindingEndpoints() []endpoint.Endpoint {
	return []endpoint.Endpoint{
		answer.Route(http.MethodGet, "projects/:project/tag-bindings", endpoint.Permission(schema.ProjectRead), h.listTagBindings),
		answer.Route(http.MethodPatch, "projects/:project/tag-bindings", endpoint.Permission(schema.ProjectManageTags), h.putTagBindings),
		answer.Route(http.MethodGet, "projects/:project/effective-tag-bindings", endpoint.Permission(schema.ProjectRead), h.listEffectiveTagBindings),
		answer.Route(http.MethodGet, "workspaces/:workspace/tag-bindings", endpoint.Permission(schema.WorkspaceRead), h.listTagBindings),
		answer.Route(http.MethodPatch, "workspaces/:workspace/tag-bindings", endpoint.Permission(schema.WorkspaceManageTags), h.putTagBindings),
		answer.Route(http.MethodGet, "workspaces/:workspace/effective-tag-bindings", endpoint.Permission(schema.WorkspaceRead), h.listEffectiveTagBindings),
	}
}

// bound returns the project or workspace that a path names.
func bound(c echo.Context) authz.Object {
	if id := c.Param("project"); id != "" {
		return authz.Object{Type: schema.TypeProject, ID: id}
	}
	return authz.Object{Type: schema.TypeWorkspace, ID: c.Param("workspace")}
}

func (h *Handler) listTagBindings(c echo.Context) error {
	found, err := h.Service.TagBindingsOf(c.Request().Context(), principal(c), bound(c))
	if err != nil {
		return err
	}
	return answer.SendWhole(c, bindingResources(found))
}

func (h *Handler) putTagBindings(c echo.Context) error {
	ctx, p, resource := c.Request().Context(), principal(c), bound(c)
	refs, err := jsonapi.ReadReferences(c.Request(), typeTagBindings)
	if err != nil {
		return err
	}
	var wanted []catalog.TagBinding
	token, err := h.Service.PutTagBindings(ctx, p, resource, func() (_ []catalog.TagBinding, err error) {
		wanted, err = readBindings(refs, "/data")
		return wanted, err
	})
	if err != nil {
		return err
	}
	answer.Written(c, token)
	for i := range wanted {
		wanted[i].Resource = resource
	}
	return answer.SendWhole(c, bindingResources(wanted))
}

func (h *Handler) listEffectiveTagBindings(c echo.Context) error {
	ctx, p, resource := c.Request().Context(), principal(c), bound(c)
	var found []catalog.TagBinding
	var err error
	if resource.Type == schema.TypeProject {
		found, err = h.Service.TagBindingsOf(ctx, p, resource)
	} else {
		var w catalog.Workspace
		if w, err = h.Service.FindWorkspace(ctx, p, resource.ID); err != nil {
			return err
		}
		var all map[string][]catalog.TagBinding
		all, err = h.Service.EffectiveTagBindings(ctx, w)
		found = all[w.ID]
	}
	if err != nil {
		return err
	}
	return answer.SendWhole(c, effectiveResources(resource.Type, found))
}

// readBindings reads tag bindings, which clients send as references with attributes in place of an id.
func readBindings(refs []jsonapi.Reference, at string) ([]catalog.TagBinding, error) {
	out := make([]catalog.TagBinding, len(refs))
	var faults []error
	for i, ref := range refs {
		var sent struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		}
		err := ref.DecodeAttributes(&sent, fmt.Sprintf("%s/%d", at, i))
		out[i] = catalog.TagBinding{Key: sent.Key, Value: sent.Value}
		if err == nil {
			err = answer.Under(fmt.Sprintf("%s/%d/attributes/", at, i), catalog.CheckBinding(out[i], out[:i]...))
		}
		faults = append(faults, err)
	}
	return out, errors.Join(faults...)
}

// readRebinding reads the relationship by which a document says what all its tag bindings are.
func readRebinding(in jsonapi.Input) (catalog.Tagging, error) {
	refs, sent, err := in.Many(typeTagBindings, typeTagBindings)
	if err != nil || !sent {
		return catalog.Tagging{}, err
	}
	bindings, err := readBindings(refs, "/data/relationships/"+typeTagBindings+"/data")
	return catalog.Tagging{Bindings: bindings, Rebind: true}, err
}

// bindingID returns the id that a tag binding is shown with. A binding is known by its resource and key; the id is made
// of both, so that it is the same wherever it is shown.
func bindingID(b catalog.TagBinding) string {
	sum := sha256.Sum256([]byte(b.Resource.String() + " " + b.Key))
	return "tb-" + hex.EncodeToString(sum[:])[:16]
}

type bindingAttributes struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func bindingResources(all []catalog.TagBinding) []jsonapi.Resource {
	out := make([]jsonapi.Resource, len(all))
	for i, b := range all {
		out[i] = jsonapi.Resource{ID: bindingID(b), Type: typeTagBindings, Attributes: bindingAttributes{b.Key, b.Value}}
	}
	return out
}

// effectiveResources shows the tag bindings that count for a resource of a type. One that comes from elsewhere says
// from where.
func effectiveResources(objectType string, all []catalog.TagBinding) []jsonapi.Resource {
	out := make([]jsonapi.Resource, len(all))
	for i, b := range all {
		out[i] = jsonapi.Resource{ID: bindingID(b), Type: typeEffectiveTagBindings, Attributes: bindingAttributes{b.Key, b.Value}}
		if b.Resource.Type != objectType {
			out[i].Links = map[string]any{"inherited-from": "/api/v2/projects/" + b.Resource.ID}
		}
	}
	return out
}

// effectiveLinkage relates a resource to the tag bindings that count for it.
func effectiveLinkage(all []catalog.TagBinding) jsonapi.Relationship {
	ids := make([]string, len(all))
	for i, b := range all {
		ids[i] = bindingID(b)
	}
	return jsonapi.ToMany(typeEffectiveTagBindings, ids...)
}

// readTagged reads filter[tagged][N][key] and filter[tagged][N][value], an empty value standing for any.
func readTagged(query url.Values) ([]catalog.TagBinding, error) {
	byNumber := map[int]*catalog.TagBinding{}
	var numbers []int
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		rest, ok := strings.CutPrefix(name, "filter[tagged][")
		if !ok {
			continue
		}
		number, part, _ := strings.Cut(rest, "][")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || part != "key]" && part != "value]" {
			faults = append(faults, jsonapi.Parameter(name, "must be filter[tagged][N][key] or filter[tagged][N][value]"))
			continue
		}
		if byNumber[n] == nil {
			byNumber[n] = &catalog.TagBinding{}
			numbers = append(numbers, n)
		}
		if part == "key]" {
			byNumber[n].Key = query.Get(name)
		} else {
			byNumber[n].Value = query.Get(name)
		}
	}
	slices.Sort(numbers)
	var out []catalog.TagBinding
	for _, n := range numbers {
		if byNumber[n].Key == "" {
			faults = append(faults, jsonapi.Parameter(fmt.Sprintf("filter[tagged][%d][key]", n), "can't be blank"))
		}
		out = append(out, *byNumber[n])
	}
	return out, errors.Join(faults...)
}
