package otf

import (
	"encoding/json"
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// readBody reads a plain JSON object into a value, whatever media type the client says it is: OTF's own says JSON:API.
// Names match without regard to case, and those that mean nothing here are left out, as OTF does.
func readBody(c echo.Context, into any) error {
	raw, err := jsonapi.ReadBody(c.Request())
	if err != nil {
		return err
	}
	err = json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fault.At("/"+wrong.Field, "must not be a JSON %s", wrong.Value)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the body must be a JSON object")
	}
	return nil
}
