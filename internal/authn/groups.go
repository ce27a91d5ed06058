package authn

import (
	"context"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// GroupConfig says what is made of an issuer's word on groups.
type GroupConfig struct {
	Claim     string // "": nothing
	Directory string // the name of the directory whose groups they are
	Trust     catalog.NameTrust
	Lifetime  time.Duration // of a membership, from the login that told of it
	// Overage returns the groups of a person by the id that Entra has him under, for tokens that point to a longer list
	// instead of listing them; nil: such a token says nothing of groups. The pointer itself is never followed: a token must
	// not tell this service where to send requests.
	Overage func(ctx context.Context, objectID string) ([]string, error)
}

// claimOverage is where Entra's tokens say that a claim is elsewhere (OpenID Connect Core 1.0, section 5.6.2), and
// claimHasGroups the short form of the same.
const (
	claimOverage   = "_claim_names"
	claimHasGroups = "hasgroups"
	claimObjectID  = "oid"
)

// groups returns what a token says of a person's groups, nil for nothing: a claim that is missing, empty or of an unknown
// form means that they are unknown, and what is known of them runs out by itself.
func (i *Issuer) groups(c claims) *catalog.GroupClaim {
	cfg := i.cfg.Groups
	if cfg.Claim == "" {
		return nil
	}
	said := &catalog.GroupClaim{
		Directory: catalog.Directory{Name: cfg.Directory, Kind: "oidc", Trust: cfg.Trust, Issuer: i.cfg.URL}, Until: i.now().Add(cfg.Lifetime),
	}
	if names, ok := c.words(cfg.Claim); ok && len(names) > 0 {
		said.Names = names
		return said
	}
	id := c.text(claimObjectID)
	if cfg.Overage == nil || id == "" || !c.elsewhere(cfg.Claim) {
		return nil
	}
	said.Ask = func(ctx context.Context) ([]string, error) {
		names, err := cfg.Overage(ctx, id)
		if err == nil && len(names) == 0 {
			err = fault.New(fault.Unavailable, "the directory names no group of somebody who is in too many for a token")
		}
		return names, err
	}
	return said
}

// elsewhere reports whether a token points to a claim that was too long for it.
func (c claims) elsewhere(claim string) bool {
	names, _ := c.all[claimOverage].(map[string]any)
	_, pointed := names[claim]
	return pointed || c.yes(claimHasGroups)
}

// words returns a claim that is a list of strings, or one string with commas; false for any other. A list with anything
// else in it is no list of groups.
func (c claims) words(name string) ([]string, bool) {
	var out []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	switch v := c.all[name].(type) {
	case string:
		for part := range strings.SplitSeq(v, ",") {
			add(part)
		}
	case []any:
		for _, one := range v {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			add(text)
		}
	default:
		return nil, false
	}
	return out, true
}
