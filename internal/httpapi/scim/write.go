package scim

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// outcome is what became of a write.
type outcome struct {
	status int
	item   item // zero after a DELETE
	token  authz.Token
}

// edit makes the next state of a resource from the one it has, which is as clients see it.
type edit func(current resource.Resource) (next resource.Resource, effect resource.Effect, err error)

// replacing is the edit of a PUT. What says who a resource is and whether he is active stays as it is where the body does
// not name it: nobody comes back or goes because a client left something out.
func replacing(kind resource.Kind, body []byte, profile resource.Profile) edit {
	return func(current resource.Resource) (resource.Resource, resource.Effect, error) {
		next, err := resource.Read(kind, body, profile)
		if err != nil {
			return nil, resource.Effect{}, err
		}
		for _, name := range []string{"active", "externalId"} {
			if _, named := next[name]; !named && current[name] != nil {
				next[name] = current[name]
			}
		}
		return next, resource.Compare(kind, current, next), nil
	}
}

// patching is the edit of a PATCH.
func patching(kind resource.Kind, body []byte, profile resource.Profile) edit {
	return func(current resource.Resource) (resource.Resource, resource.Effect, error) {
		return resource.Patch(kind, current, body, profile)
	}
}

// condition is what must hold of a resource for a write: the If-Match header, "" for nothing.
type condition string

func (c condition) check(i item) error {
	if c != "" && !resource.MatchETag(string(c), i.version()) {
		return resource.NewError(http.StatusPreconditionFailed, "", "the resource has changed: its version is %s", resource.ETag(i.version()))
	}
	return nil
}

func ifMatch(c echo.Context) condition { return condition(c.Request().Header.Get("If-Match")) }

// attempts is how often a write is made anew of what is there now, when somebody else was faster.
const attempts = 3

// write runs a write of a connection, in its turn, until nobody else comes between its reading and its writing.
func (h *Handler) write(ctx context.Context, s session, do func() (outcome, error)) (outcome, error) {
	done, err := h.turn(ctx, s)
	if err != nil {
		return outcome{}, err
	}
	defer done()
	for range attempts - 1 {
		if out, err := do(); !fault.Is(err, fault.Stale) {
			return out, err
		}
	}
	return do()
}

// push has a plan done.
func (h *Handler) push(ctx context.Context, s session, plan directory.Plan) (authz.Token, error) {
	plan.Source, plan.Partial = s.source, true
	report, token, err := h.Engine.Push(ctx, s.principal, s.source, plan)
	if err != nil {
		return token, err
	}
	if len(report.Conflicts) > 0 {
		return token, fault.New(fault.Conflict, "%s", report.Conflicts[0].Reason)
	}
	if len(report.Skipped) > 0 {
		return token, fault.New(fault.Conflict, "%s", report.Skipped[0].Reason)
	}
	return token, nil
}

// unnamed returns an external id for what a client gave none.
func unnamed() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%s%x-%x-%x-%x-%x", ownExternalID, b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// text returns an attribute that is a string, "" for none.
func text(r resource.Resource, name string) string {
	s, _ := r[name].(string)
	return s
}

func (h *Handler) create(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.written(c, func(ctx context.Context, s session, body []byte) (outcome, error) {
			return h.add(ctx, s, kind, body)
		})
	}
}

// add creates a resource.
func (h *Handler) add(ctx context.Context, s session, kind resource.Kind, body []byte) (outcome, error) {
	r, err := resource.Read(kind, body, s.profile)
	if err != nil {
		return outcome{}, err
	}
	return h.write(ctx, s, func() (outcome, error) {
		if kind == resource.User {
			return h.addUser(ctx, s, r)
		}
		return h.addGroup(ctx, s, r)
	})
}

func (h *Handler) replace(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.written(c, func(ctx context.Context, s session, body []byte) (outcome, error) {
			return h.edit(ctx, s, kind, c.Param("id"), ifMatch(c), replacing(kind, body, s.profile))
		})
	}
}

func (h *Handler) patch(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		return h.written(c, func(ctx context.Context, s session, body []byte) (outcome, error) {
			return h.edit(ctx, s, kind, c.Param("id"), ifMatch(c), patching(kind, body, s.profile))
		})
	}
}

// edit changes a resource. One that stays as it is keeps its version.
func (h *Handler) edit(ctx context.Context, s session, kind resource.Kind, id string, must condition, change edit) (outcome, error) {
	return h.write(ctx, s, func() (outcome, error) {
		i, err := h.item(ctx, s, kind, id)
		if err == nil {
			err = must.check(i)
		}
		if err != nil {
			return outcome{}, err
		}
		current, err := h.resource(ctx, s, i, kind == resource.Group)
		if err != nil {
			return outcome{}, err
		}
		next, effect, err := change(current)
		if err != nil || !effect.Changed() {
			return outcome{status: http.StatusOK, item: i}, err
		}
		var plan directory.Plan
		if kind == resource.User {
			plan, err = h.changeUser(ctx, s, i.person, next, effect)
		} else {
			plan, err = h.changeGroup(ctx, s, i.group, current, next, effect)
		}
		if err != nil || plan.Empty() {
			return outcome{status: http.StatusOK, item: i}, err
		}
		return h.done(ctx, s, http.StatusOK, kind, id, plan)
	})
}

// done pushes a plan and returns what became of a resource by it.
func (h *Handler) done(ctx context.Context, s session, status int, kind resource.Kind, id string, plan directory.Plan) (outcome, error) {
	token, err := h.push(ctx, s, plan)
	if err != nil {
		return outcome{}, err
	}
	i, err := h.item(ctx, s, kind, id)
	return outcome{status: status, item: i, token: token}, err
}

func (h *Handler) remove(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		s, err := h.open(c)
		if err != nil {
			return err
		}
		out, err := h.drop(c.Request().Context(), s, kind, c.Param("id"), ifMatch(c))
		if err != nil {
			return err
		}
		return answer.Done(c, out.token)
	}
}

// drop deletes a resource.
func (h *Handler) drop(ctx context.Context, s session, kind resource.Kind, id string, must condition) (outcome, error) {
	return h.write(ctx, s, func() (outcome, error) {
		i, err := h.item(ctx, s, kind, id)
		if err == nil {
			err = must.check(i)
		}
		if err != nil {
			return outcome{}, err
		}
		var plan directory.Plan
		if kind == resource.User {
			plan, err = h.dropUser(ctx, s, i.person)
		} else {
			plan, err = h.dropGroup(ctx, s, i.group)
		}
		if err != nil {
			return outcome{}, err
		}
		token, err := h.push(ctx, s, plan)
		return outcome{status: http.StatusNoContent, token: token}, err
	})
}

// written runs a write and answers with the resource as it is then. Entra wants no body after a PATCH of a group, which may
// have very many members.
func (h *Handler) written(c echo.Context, do func(ctx context.Context, s session, body []byte) (outcome, error)) error {
	ctx := c.Request().Context()
	s, err := h.open(c)
	if err != nil {
		return err
	}
	p, err := readProjection(c.QueryParams())
	if err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	out, err := do(ctx, s, body)
	if err != nil {
		return err
	}
	answer.Written(c, out.token)
	brief := s.profile == resource.Entra && out.item.kind == resource.Group && c.Request().Method == http.MethodPatch
	if brief && len(p.attributes) == 0 {
		c.Response().Header().Set("ETag", resource.ETag(out.item.version()))
		return c.NoContent(http.StatusNoContent)
	}
	return h.sendItem(c, s, out.status, out.item, p)
}

// sendItem writes one resource.
func (h *Handler) sendItem(c echo.Context, s session, status int, i item, p projection) error {
	shown, err := h.shown(c.Request().Context(), s, p, []hit{{item: i}})
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("ETag", resource.ETag(i.version()))
	if status == http.StatusCreated {
		header.Set(echo.HeaderLocation, s.location(i.kind, i.id))
	} else {
		header.Set("Content-Location", s.location(i.kind, i.id))
	}
	return send(c, status, shown[0])
}

func (h *Handler) read(kind resource.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		s, err := h.open(c)
		if err != nil {
			return err
		}
		p, err := readProjection(c.QueryParams())
		if err != nil {
			return err
		}
		i, err := h.item(c.Request().Context(), s, kind, c.Param("id"))
		if err != nil {
			return err
		}
		if sent := c.Request().Header.Get("If-None-Match"); sent != "" && resource.MatchETag(sent, i.version()) {
			c.Response().Header().Set("ETag", resource.ETag(i.version()))
			return c.NoContent(http.StatusNotModified)
		}
		return h.sendItem(c, s, http.StatusOK, i, p)
	}
}
