package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// maxOperations is how many operations one bulk request may have.
const maxOperations = 1000

const (
	bulkSchema         = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulkRequest is many writes in one request (RFC 7644 section 3.7).
type bulkRequest struct {
	Schemas      []string        `json:"schemas"`
	FailOnErrors int             `json:"failOnErrors"` // 0: none is too many
	Operations   []bulkOperation `json:"Operations"`
}

type bulkOperation struct {
	Method  string          `json:"method"`
	BulkID  string          `json:"bulkId"`
	Version string          `json:"version"`
	Path    string          `json:"path"`
	Data    json.RawMessage `json:"data"`
}

type bulkResult struct {
	Location string         `json:"location,omitempty"`
	Method   string         `json:"method"`
	BulkID   string         `json:"bulkId,omitempty"`
	Version  string         `json:"version,omitempty"`
	Status   string         `json:"status"`
	Response map[string]any `json:"response,omitempty"` // of a failure
}

func (h *Handler) bulk(c echo.Context) error {
	s, err := h.open(c)
	if err != nil {
		return err
	}
	in, err := readBulk(c)
	if err != nil {
		return err
	}
	b := &bulkRun{Handler: h, session: s, made: map[string]string{}, refers: regexp.MustCompile(`bulkId:([^"/]+)`)}
	results := b.run(c.Request().Context(), in)
	answer.Written(c, b.last.token)
	return send(c, http.StatusOK, map[string]any{"schemas": []string{bulkResponseSchema}, "Operations": results})
}

func readBulk(c echo.Context) (bulkRequest, error) {
	raw, err := readBody(c)
	if err != nil {
		return bulkRequest{}, err
	}
	var in bulkRequest
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "the body must be a bulk request")
	}
	switch {
	case len(in.Schemas) > 0 && in.Schemas[0] != bulkSchema:
		return in, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "schemas must name %s", bulkSchema)
	case len(in.Operations) == 0:
		return in, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "there are no operations")
	case len(in.Operations) > maxOperations:
		return in, tooLarge("there are more than %d operations", maxOperations)
	}
	return in, nil
}

// bulkRun does operations one by one. One that refers to what a later one makes waits for it.
type bulkRun struct {
	*Handler
	session session
	made    map[string]string // ids of resources by bulkId
	refers  *regexp.Regexp    // to what another operation makes
	last    outcome
}

func (b *bulkRun) run(ctx context.Context, in bulkRequest) []bulkResult {
	results, failed := make([]bulkResult, 0, len(in.Operations)), 0
	waiting, pending := make([]bulkItem, len(in.Operations)), map[string]bool{}
	for i, o := range in.Operations {
		waiting[i] = bulkItem{bulkOperation: o, refers: b.references(o)}
		pending[o.BulkID] = true
	}
	for len(waiting) > 0 && ctx.Err() == nil {
		var later []bulkItem
		for _, o := range waiting {
			if slices.ContainsFunc(o.refers, func(id string) bool { return pending[id] }) {
				later = append(later, o)
				continue
			}
			r := b.do(ctx, o.bulkOperation)
			delete(pending, o.BulkID)
			if results = append(results, r); r.Response != nil {
				failed++
			}
			if in.FailOnErrors > 0 && failed >= in.FailOnErrors {
				return results
			}
		}
		if len(later) == len(waiting) { // they wait for each other
			for _, o := range later {
				results = append(results, result(o.bulkOperation, resource.NewError(http.StatusConflict, "", "the operations refer to each other")))
			}
			return results
		}
		waiting = later
	}
	return results
}

// bulkItem is an operation that has not been done, with the bulkIds it refers to.
type bulkItem struct {
	bulkOperation

	refers []string
}

// references returns the bulkIds that an operation refers to, its own left out.
func (b *bulkRun) references(o bulkOperation) []string {
	seen := map[string]bool{o.BulkID: true}
	var out []string
	for _, found := range b.refers.FindAllStringSubmatch(o.Path+`"`+string(o.Data), -1) {
		if !seen[found[1]] {
			seen[found[1]] = true
			out = append(out, found[1])
		}
	}
	return out
}

// resolved replaces references by ids.
func (b *bulkRun) resolved(text string) (string, error) {
	var unknown error
	out := b.refers.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimPrefix(found, "bulkId:")
		id, ok := b.made[name]
		if !ok {
			unknown = resource.NewError(http.StatusConflict, resource.InvalidValue, "there is nothing with the bulkId %s", name)
		}
		return id
	})
	return out, unknown
}

func (b *bulkRun) do(ctx context.Context, o bulkOperation) bulkResult {
	out, err := b.operate(ctx, o)
	if err != nil {
		return result(o, err)
	}
	b.last.token = out.token
	r := bulkResult{Method: o.Method, BulkID: o.BulkID, Status: strconv.Itoa(out.status)}
	if out.item.id != "" {
		if o.BulkID != "" {
			b.made[o.BulkID] = out.item.id
		}
		r.Location, r.Version = b.session.location(out.item.kind, out.item.id), resource.ETag(out.item.version())
	}
	return r
}

func result(o bulkOperation, err error) bulkResult {
	e := describe(err)
	return bulkResult{Method: o.Method, BulkID: o.BulkID, Status: strconv.Itoa(e.Status), Response: e.Body()}
}

// operate does one operation as if it had come by itself.
func (b *bulkRun) operate(ctx context.Context, o bulkOperation) (outcome, error) {
	path, pathErr := b.resolved(o.Path)
	data, dataErr := b.resolved(string(bytes.TrimSpace(o.Data)))
	if err := errors.Join(pathErr, dataErr); err != nil {
		return outcome{}, err
	}
	for _, kind := range kinds() {
		id, below := strings.CutPrefix(path, pathOf(kind)+"/")
		switch method := strings.ToUpper(o.Method); {
		case path == pathOf(kind) && method == http.MethodPost:
			if o.BulkID == "" {
				return outcome{}, resource.NewError(http.StatusBadRequest, resource.InvalidSyntax, "a POST needs a bulkId")
			}
			return b.add(ctx, b.session, kind, []byte(data))
		case !below || id == "" || strings.Contains(id, "/"):
		case method == http.MethodPut:
			return b.edit(ctx, b.session, kind, id, condition(o.Version), replacing(kind, []byte(data), b.session.profile))
		case method == http.MethodPatch:
			return b.edit(ctx, b.session, kind, id, condition(o.Version), patching(kind, []byte(data), b.session.profile))
		case method == http.MethodDelete:
			return b.drop(ctx, b.session, kind, id, condition(o.Version))
		}
	}
	return outcome{}, resource.NewError(http.StatusBadRequest, resource.InvalidPath, "there is no operation %s %s", o.Method, o.Path)
}
