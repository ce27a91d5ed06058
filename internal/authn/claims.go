package authn

import (
	"math"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Claims that are known by name (OpenID Connect Core 1.0, section 5.1).
const (
	claimEmail         = "email"
	claimEmailVerified = "email_verified"
)

// claims are what a verified token says.
type claims struct {
	token *oidc.IDToken
	all   map[string]any
}

// text returns a claim that is a string, "" for any other.
func (c claims) text(name string) string {
	s, _ := c.all[name].(string)
	return s
}

// yes reports whether a claim is true. Some providers write it as a string.
func (c claims) yes(name string) bool {
	switch v := c.all[name].(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}

// time returns a claim that is a number of seconds, the zero time when it is absent. What is no time is refused: nobody
// can say whether it has come.
func (c claims) time(name string) (time.Time, error) {
	value, said := c.all[name]
	if !said || value == nil {
		return time.Time{}, nil
	}
	const far = 1 << 40 // seconds; tens of thousands of years
	seconds, ok := value.(float64)
	if !ok || math.Abs(seconds) > far {
		return time.Time{}, refusal("the token has a time that is none")
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*float64(time.Second))), nil
}
