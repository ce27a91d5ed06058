package login

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// bound is a value that belongs to the browser it was given to: it is sealed into a cookie, and comes back with an id
// that the cookie's holder alone learned from the answer that set it.
type bound interface{ id() string }

// cookieName returns the cookie for an id. Each sign-in has its own, so that two at a time do not get in each other's
// way. Over https the name is one that no other host can set.
func (h *Handler) cookieName(id string) string {
	if h.isSecure() {
		return "__Host-terrawarden_" + id
	}
	return "terrawarden_" + id
}

func (h *Handler) isSecure() bool { return strings.HasPrefix(h.PublicURL(), "https:") }

// bind gives a value to the browser.
func (h *Handler) bind(c echo.Context, purpose string, value bound, life time.Duration) error {
	text, err := h.sealer.seal(purpose, value, h.Now().Add(life))
	if err != nil {
		return err
	}
	c.SetCookie(h.cookie(value.id(), text, int(life.Seconds())))
	return nil
}

// take returns the value that was given to the browser under an id, and takes it back. Errors: fault.Invalid when there is
// none, as for an id from another browser.
func (h *Handler) take(c echo.Context, purpose, id string, into bound) error {
	cookie, err := c.Cookie(h.cookieName(id))
	if err == nil {
		err = h.sealer.open(purpose, cookie.Value, h.Now(), into)
	}
	if err != nil || id == "" || subtle.ConstantTimeCompare([]byte(into.id()), []byte(id)) != 1 {
		return fault.Wrap(fault.Invalid, err, "This sign-in was begun in another browser, or too long ago.")
	}
	c.SetCookie(h.cookie(id, "", -1))
	return nil
}

func (h *Handler) cookie(id, value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // secure wherever the service is reached over https; over http no browser would keep it
		Name: h.cookieName(id), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: h.isSecure(), SameSite: http.SameSiteLaxMode,
	}
}
