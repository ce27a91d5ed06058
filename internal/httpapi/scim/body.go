package scim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/scim/resource"
)

// MediaType is that of the protocol (RFC 7644 section 8.1).
const MediaType = "application/scim+json"

// maxBody is the largest body, in bytes.
const maxBody = 4 << 20

// readBody returns the body of a request. It says that it is SCIM's JSON, any JSON, or nothing.
func readBody(c echo.Context) ([]byte, error) {
	r := c.Request()
	if sent := r.Header.Get(echo.HeaderContentType); sent != "" {
		media, _, err := mime.ParseMediaType(sent)
		if err != nil || media != echo.MIMEApplicationJSON && !strings.EqualFold(media, MediaType) {
			return nil, resource.NewError(http.StatusUnsupportedMediaType, "", "the content type must be %s or application/json", MediaType)
		}
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the body could not be read")
	}
	if len(raw) > maxBody {
		return nil, tooLarge("the body is larger than %d bytes", maxBody)
	}
	return raw, nil
}

func tooLarge(format string, args ...any) error {
	return resource.NewError(http.StatusRequestEntityTooLarge, "", format, args...)
}

// send writes a document.
func send(c echo.Context, status int, document any) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return c.Blob(status, MediaType, append(raw, '\n'))
}
