package tfe

import (
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// avatar is everybody's picture, a transparent dot inside the URL. A picture at some service for pictures would tell it
// a hash of each address and who looks at whom.
const avatar = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// userAttributes are a person as documents show him. What only he himself is shown is left out for others.
type userAttributes struct {
	Username         string          `json:"username"`
	Email            any             `json:"email"` // null for whoever may not know it
	UnconfirmedEmail any             `json:"unconfirmed-email"`
	AvatarURL        string          `json:"avatar-url"`
	AuthMethod       string          `json:"auth-method"`
	IsServiceAccount bool            `json:"is-service-account"`
	V2Only           bool            `json:"v2-only"`
	TwoFactor        twoFactor       `json:"two-factor"`
	Permissions      map[string]bool `json:"permissions"`
	IsAdmin          *bool           `json:"is-admin,omitempty"`
	IsSiteAdmin      *bool           `json:"is-site-admin,omitempty"` // the old name of is-admin
	IsSiteAuditor    *bool           `json:"is-site-auditor,omitempty"`
	IsSSOLogin       *bool           `json:"is-sso-login,omitempty"`
	IsConfirmed      *bool           `json:"is-confirmed,omitempty"`
}

// userResource shows a person to others: without what concerns him alone, and with his address only to whoever may
// know it. Nobody may change anything about somebody else here, so every permission is false.
func userResource(u catalog.User, email bool) jsonapi.Resource {
	a := userAttributes{
		Username: u.Username, AvatarURL: avatar, AuthMethod: authMethod, V2Only: true,
		Permissions: userPermissions(nil),
	}
	if email {
		a.Email = u.Email
	}
	return userDocument(u.ID, a)
}

// authMethod is what clients know accounts by that are no other service's.
const authMethod = "tfc"

func userDocument(id string, a userAttributes) jsonapi.Resource {
	path := "users/" + id
	return jsonapi.Resource{
		ID: id, Type: answer.TypeUsers, Attributes: a,
		Relationships: map[string]jsonapi.Relationship{"authentication-tokens": jsonapi.Elsewhere("/api/v2/" + path + "/authentication-tokens")},
		Links:         answer.Self(path),
	}
}

// userPermissions returns the permissions object of a user's document: the given booleans, and everything else that
// clients know, which nobody may here. People sign in at their identity provider, and settings are the operator's.
func userPermissions(can map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{
		"can-create-organization", "can-create-organizations", "can-view-organizations", "can-view-settings",
		"can-view-smtp-settings", "can-view-twilio-settings", "can-view-saml-settings", "can-view-admin-workspaces",
		"can-view-admin-runs", "can-view-customization-settings", "can-view-cost-estimation-settings",
		"can-view-tool-versions", "can-create-tool-versions", "can-view-general-settings", "can-use-sql-runner",
		"can-view-profile", "can-change-email", "can-change-username", "can-change-password", "can-manage-sessions",
		"can-manage-user-tokens", "can-update-user", "can-view2fa-settings", "can-manage-hcp-account",
	} {
		out[name] = can[name]
	}
	return out
}

// twoFactor is about second factors, which are the identity provider's business.
type twoFactor struct {
	Enabled  bool `json:"enabled"`
	Verified bool `json:"verified"`
}
