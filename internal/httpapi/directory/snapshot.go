package directory

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// maxSnapshot is how large a snapshot may be, compressed or not, in bytes.
const maxSnapshot = 64 << 20

// takeSnapshot brings the catalog in step with what somebody else has read. Who may not is refused before the body is
// looked at.
func (h *Handler) takeSnapshot(c echo.Context) error {
	dry, err := answer.BoolParameter(c, "dry-run")
	if err != nil {
		return err
	}
	p := caller(c)
	if err := h.mayRun(c.Request().Context(), p); err != nil {
		return err
	}
	select {
	case h.uploads <- struct{}{}:
		defer func() { <-h.uploads }()
	default:
		return fault.New(fault.Unavailable, "other snapshots are being taken in; send it again in a while")
	}
	snapshot, err := readSnapshot(c.Request())
	if err != nil {
		return err
	}
	ctx, cancel := h.lasting(c)
	defer cancel()
	o := directory.Options{Trigger: directory.TriggerUpload, PlanOnly: dry != nil && *dry}
	kept, plan, report, err := h.Engine.Upload(ctx, p, c.Param("source"), snapshot, o)
	if err != nil {
		return inTheWay(err)
	}
	if kept.ID == "" || o.PlanOnly {
		return sendPlan(c, kept, plan, &report)
	}
	return h.sendRun(ctx, c, kept, report)
}

// mayRun refuses whoever may not even look at sources. What else running one takes is asked in the engine.
func (h *Handler) mayRun(ctx context.Context, p catalog.Principal) error {
	if p.Has(catalog.ScopeSync) {
		return nil
	}
	_, err := h.Engine.Status(ctx, p)
	return err
}

// readSnapshot reads a body that is a snapshot, perhaps compressed. A member that a snapshot has not is refused: a
// misspelt one might have said what is complete.
func readSnapshot(r *http.Request) (directory.Snapshot, error) {
	var s directory.Snapshot
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return s, jsonapi.Unsupported("the content type must be application/json")
	}
	body := &bounded{from: r.Body, left: maxSnapshot}
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return s, spoilt(err)
		}
		body = &bounded{from: unzipped, left: maxSnapshot}
	default:
		return s, jsonapi.Unsupported("the content encoding must be gzip, or none")
	}
	if err := json.UnmarshalRead(body, &s, json.RejectUnknownMembers(true)); err != nil {
		return s, spoilt(err)
	}
	return s, legible(s)
}

// errTooLarge ends the reading of a body.
var errTooLarge = errors.New("too large")

// bounded reads so many bytes and no more.
type bounded struct {
	from io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var more [1]byte
		if n, err := b.from.Read(more[:]); n == 0 {
			return 0, err
		}
		return 0, errTooLarge
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// spoilt says what is wrong with a body that could not be read.
func spoilt(err error) error {
	if errors.Is(err, errTooLarge) {
		return fault.New(fault.Limited, "the snapshot is larger than %d bytes", maxSnapshot)
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		f := fault.Wrap(fault.Invalid, err, "%s", unfit(wrong))
		f.Field = string(wrong.JSONPointer)
		return f
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at := ""
		if wrong.JSONPointer != "" {
			at = " at " + string(wrong.JSONPointer)
		}
		return jsonapi.Malformed(err, "the snapshot is not valid JSON%s", at)
	}
	return jsonapi.Malformed(err, "the snapshot could not be read to its end")
}

func unfit(e *json.SemanticError) string {
	if errors.Is(e.Err, json.ErrUnknownName) {
		return "is no member of a snapshot"
	}
	return "is not what a snapshot has there"
}

// legible refuses texts that no database keeps.
func legible(s directory.Snapshot) error {
	var faults []error
	check := func(at string, i int, texts ...string) {
		for _, text := range texts {
			if strings.ContainsRune(text, 0) && len(faults) < maxListed {
				faults = append(faults, fault.At(fmt.Sprintf("/%s/%d", at, i), "Null characters cannot be kept"))
			}
		}
	}
	for i, u := range s.Users {
		check("users", i, u.ID, u.Username, u.Email)
	}
	for i, g := range s.Groups {
		check("groups", i, g.ID, g.Name, g.Unknown)
		check("groups", i, slices.Concat(g.Members, g.Groups, g.Removed, g.RemovedGroups)...)
	}
	return errors.Join(faults...)
}
