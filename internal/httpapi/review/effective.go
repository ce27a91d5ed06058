package review

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
	"github.com/terrawarden/terrawarden/schema"
)

// EffectiveAccess is everything that a subject may do on an object, and why.
type EffectiveAccess struct {
	Subject     Entity       `json:"subject"`
	Object      Entity       `json:"object"`
	Permissions []Permission `json:"permissions"`
	Sources     []Source     `json:"sources"`
}

// Permission is one permission that is held. From are places in Sources; a derived one has none, and may say from which
// other permissions it follows.
type Permission struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	From        []int    `json:"from"`
	Derived     bool     `json:"derived"`
	FollowsFrom []string `json:"follows_from,omitempty"`
}

// Source is a role that somebody holds at, above or below the object. Grant is "" for what follows from the model itself.
type Source struct {
	Grant     string `json:"grant,omitempty"`
	Role      Role   `json:"role"`
	Scope     Entity `json:"scope"`
	Where     string `json:"where"`
	Holder    Entity `json:"holder"`
	Paths     []Path `json:"paths,omitempty"`
	ExpiresAt string `json:"expires_at,omitempty"`
	Concealed bool   `json:"concealed,omitempty"`
}

// Role is a role by its id and by what people call it.
type Role struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Path is one way in which the subject is in the holder: by himself, or through a group that may be linked to it.
type Path struct {
	Direct bool    `json:"direct"`
	Group  *Entity `json:"group,omitempty"`
	Link   string  `json:"link,omitempty"`
}

func (h *Handler) effectiveAccess(c echo.Context) error {
	subject, subjectErr := entity(c, "subject")
	object, objectErr := entity(c, "object")
	if err := errors.Join(subjectErr, objectErr); err != nil {
		return err
	}
	found, err := h.Service.EffectiveAccess(c.Request().Context(), endpoint.Principal(c), subject, object)
	if err != nil {
		return err
	}
	out := EffectiveAccess{
		Subject: shown(found.Subject), Object: shown(found.Object), Permissions: []Permission{}, Sources: sources(found.Sources),
	}
	for _, p := range found.Permissions {
		from := p.From
		if from == nil {
			from = []int{}
		}
		out.Permissions = append(out.Permissions, Permission{
			Name: p.Name(), Description: p.Doc, From: from, Derived: p.Derived(), FollowsFrom: names(p.FollowsFrom),
		})
	}
	c.Response().Header().Set(endpoint.ZedToken, string(found.Token))
	return c.JSON(http.StatusOK, out)
}

func names(permissions []schema.Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = p.Name()
	}
	return out
}

func sources(all []catalog.Source) []Source {
	out := make([]Source, len(all))
	for i, s := range all {
		out[i] = Source{
			Grant: s.GrantID, Role: Role{ID: s.RoleID, Name: s.Role}, Scope: shown(s.Scope), Where: string(s.Where),
			Holder: shown(s.Holder), ExpiresAt: stamp(s.ExpiresAt), Concealed: s.Concealed,
		}
		for _, p := range s.Paths {
			path := Path{Direct: p.Group.ID == "", Link: p.LinkID}
			if !path.Direct {
				group := shown(p.Group)
				path.Group = &group
			}
			out[i].Paths = append(out[i].Paths, path)
		}
	}
	return out
}

// stamp returns a time as answers carry it, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
