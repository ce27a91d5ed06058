package terrakube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// tokenService is what tokens and permissions need of the catalog.
type tokenService interface {
	groupTokens
	personalTokens
	OwnGroups(ctx context.Context, p catalog.Principal) ([]catalog.Group, error)
	HeldIn(ctx context.Context, p catalog.Principal, organizationID string, asked ...catalog.Possession) ([]bool, error)
}

// tokenEndpoints returns the routes of tokens, memberships and permissions. They speak plain JSON, whatever media type a
// request claims: Terrakube's provider sends it under the name of JSON:API. Everything is about the caller, so any
// credential is answered; the use cases say what it may.
func (h *Handler) tokenEndpoints() []endpoint.Endpoint {
	const teams, personal = "/access-token/v1/teams", "/pat/v1"
	own := endpoint.Authenticated()
	all := []endpoint.Endpoint{
		{Method: http.MethodGet, Path: teams, Needs: own, Handle: h.listGroupTokens},
		{Method: http.MethodPost, Path: teams, Needs: own, Handle: h.createGroupToken},
		{Method: http.MethodDelete, Path: teams + "/:id", Needs: own, Handle: h.endGroupToken},
		{Method: http.MethodGet, Path: teams + "/current-teams", Needs: own, Handle: h.currentTeams},
		{Method: http.MethodGet, Path: teams + "/permissions/organization/:organization", Needs: own, Handle: h.rights},
		{Method: http.MethodGet, Path: teams + "/permissions/organization/:organization/workspace/:workspace", Needs: own, Handle: h.rights},
		{Method: http.MethodGet, Path: personal, Needs: own, Handle: h.listPersonalTokens},
		{Method: http.MethodPost, Path: personal, Needs: own, Handle: h.createPersonalToken},
		{Method: http.MethodDelete, Path: personal + "/:id", Needs: own, Handle: h.endPersonalToken},
	}
	for i, e := range all {
		all[i].Handle = plain(legible(e.Handle))
	}
	return all
}

// plainError is what is wrong with a request, in the plain JSON of these endpoints.
type plainError struct {
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`
}

// plain shows what is wrong with a request in plain JSON. What is wrong with the credential or the service is answered as
// everywhere.
func plain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil {
			return nil
		}
		status := statusOf(err)
		if status == http.StatusUnauthorized || status >= http.StatusInternalServerError {
			return err
		}
		var shown []plainError
		for _, f := range fault.All(err) {
			message, field := fault.Public(f)
			shown = append(shown, plainError{Field: asSent(field), Detail: after(asSent(field), message)})
		}
		if len(shown) == 0 {
			message, _ := fault.Public(err)
			shown = []plainError{{Detail: message}}
		}
		return c.JSON(status, map[string][]plainError{"errors": shown})
	}
}

// asSent returns what clients call a field of the catalog.
func asSent(field string) string {
	if field == "expires" {
		return "days"
	}
	return field
}

// missing is the answer to the id of a token that is not there, and of one that the caller may not end.
func missing(err error) error {
	if fault.Is(err, fault.NotFound) {
		e := fault.Wrap(fault.Invalid, err, "is the id of no token of yours")
		e.Field = "id"
		return e
	}
	return err
}

// wish is what a client wants of a token. An absent number is 0, and a token of no time lives as long as is allowed.
type wish struct {
	group, description   string
	days, hours, minutes int64
}

const (
	day = 24 * time.Hour
	// maxLife is the longest that anybody may ask for: a hundred years.
	maxLife = 36_600 * day
	// maxPlainBody is the longest body that is read, in bytes.
	maxPlainBody = 64 << 10
)

// life returns how long a token is to live in all.
func (w wish) life() time.Duration {
	return time.Duration(w.days)*day + time.Duration(w.hours)*time.Hour + time.Duration(w.minutes)*time.Minute
}

// readWish reads the body of a request for a token: an object with text and numbers, of which every fault is told.
func readWish(c echo.Context, numbers ...string) (wish, error) {
	sent, err := readPlain(c.Request())
	if err != nil {
		return wish{}, err
	}
	w := wish{}
	texts := map[string]*string{"group": &w.group, "description": &w.description}
	amounts := map[string]*int64{"days": &w.days, "hours": &w.hours, "minutes": &w.minutes}
	units := map[string]time.Duration{"days": day, "hours": time.Hour, "minutes": time.Minute}
	var faults []error
	for _, name := range []string{"group", "description"} {
		faults = append(faults, readInto(sent, name, texts[name], "must be text"))
	}
	for _, name := range numbers {
		limit := int64(maxLife / units[name])
		message := fmt.Sprintf("must be a whole number from 0 to %d", limit)
		err := readInto(sent, name, amounts[name], message)
		if n := *amounts[name]; err == nil && (n < 0 || n > limit) {
			err = fault.At(name, "%s", message)
		}
		faults = append(faults, err)
	}
	err = errors.Join(faults...)
	if err == nil && w.life() > maxLife {
		err = fault.At("days", "must not make more than a hundred years together with hours and minutes")
	}
	return w, err
}

// readInto reads one member; null and none leave what is there.
func readInto(sent map[string]json.RawMessage, name string, into any, message string) error {
	raw, ok := sent[name]
	if !ok || json.Unmarshal(raw, into) == nil {
		return nil
	}
	return fault.At(name, "%s", message)
}

// readPlain reads a JSON object of any media type.
func readPlain(r *http.Request) (map[string]json.RawMessage, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxPlainBody+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The body could not be read.")
	}
	if len(raw) > maxPlainBody {
		return nil, fault.New(fault.Limited, "The body is larger than %d bytes.", maxPlainBody)
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(raw, &sent); err != nil || sent == nil {
		return nil, fault.Wrap(fault.Invalid, err, "The body must be a JSON object.")
	}
	return sent, nil
}

// keptWish is the length of a life as it was asked for, which clients compare with what they asked.
type keptWish struct {
	Days    int64 `json:"days"`
	Hours   int64 `json:"hours"`
	Minutes int64 `json:"minutes"`
}

// terms returns a wish in the catalog's words.
func (h *Handler) terms(w wish) (catalog.SignedTerms, error) {
	asked, err := json.Marshal(keptWish{Days: w.days, Hours: w.hours, Minutes: w.minutes})
	return catalog.SignedTerms{Description: w.description, Life: w.life(), Endless: h.Parity, Attributes: catalog.Attributes(asked)}, err
}

// askedOf returns how long a token was asked to live; of one that was made elsewhere, how long it does.
func askedOf(t catalog.Token) keptWish {
	var asked keptWish
	if t.Attributes != "" && json.Unmarshal([]byte(t.Attributes), &asked) == nil {
		return asked
	}
	if t.ExpiresAt.IsZero() {
		return asked
	}
	life := t.ExpiresAt.Sub(t.CreatedAt)
	return keptWish{Days: int64(life / day), Hours: int64(life % day / time.Hour), Minutes: int64(life % time.Hour / time.Minute)}
}

// sentToken is the answer to a request for a token.
type sentToken struct {
	Token string `json:"token"`
}

// audit is who made a token and when. Tokens never change.
type audit struct {
	CreatedBy   string `json:"createdBy"`
	CreatedDate string `json:"createdDate"`
	UpdatedBy   string `json:"updatedBy"`
	UpdatedDate string `json:"updatedDate"`
}

func auditOf(t catalog.Token, maker string) audit {
	at := t.CreatedAt.UTC().Format(time.RFC3339)
	maker = strings.TrimPrefix(maker, "user:")
	return audit{CreatedBy: maker, CreatedDate: at, UpdatedBy: maker, UpdatedDate: at}
}
