package catalog

import (
	"context"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/schema"
)

// This file says what TFE's words mean while OTF's levels are in force (Settings.OTFLevels, research otf 1.6, 1.7). What
// was granted before the setting changed stays what it is: a role is named by every grant, and only the words in which
// grants are shown and asked for follow the setting.

// inForce returns the kind as the settings have it: read, plan, write and admin of a workspace are OTF's roles while
// OTF's levels are in force. OTF has no projects, so theirs stay.
func (k AccessKind) inForce(s Settings) AccessKind {
	if s.OTFLevels && k.Scope == schema.TypeWorkspace {
		k.levels = []accessLevel{{"read", "otf-read"}, {"plan", "otf-plan"}, {"write", "otf-write"}, {"admin", "otf-admin"}}
	}
	return k
}

// speaks reports whether a role goes by a word of the meaning in force, or by none of those that have two: what somebody is
// told to ask for.
func (s Settings) speaks(roleID string) bool {
	if !s.OTFLevels {
		return !strings.HasPrefix(roleID, "otf-")
	}
	tfe, _ := KindOfAccess(schema.TypeWorkspace)
	return tfe.level(roleID) == LevelCustom
}

// otfSwitch is a flag of a team that OTF has, too, and the role that it is there.
type otfSwitch struct {
	flag schema.Permission
	role string
}

func otfSwitches() []otfSwitch {
	return []otfSwitch{
		{schema.OrganizationManageWorkspaces, "otf-workspace-manager"},
		{schema.OrganizationManageVCSSettings, "otf-vcs-manager"},
		{schema.OrganizationManageModules, "otf-registry-manager"},
	}
}

// switchOf returns the flag that a role is, "" for none.
func switchOf(roleID string) schema.Permission {
	for _, s := range otfSwitches() {
		if s.role == roleID {
			return s.flag
		}
	}
	return ""
}

// turnSwitches gives a team the roles of the flags that a change sets, while OTF's levels are in force, and takes away
// those of the flags that it clears, whatever is in force. It returns the flags that are settled by that.
func (c *Change) turnSwitches(ctx context.Context, t Team, sets []accessSet, before, after TeamAccess) (map[schema.Permission]bool, error) {
	settings, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sets {
		if s.flag != "" && !after[s.flag] {
			if err := c.RemoveGrant(ctx, s.grant.ID); err != nil {
				return nil, err
			}
		}
	}
	settled := map[schema.Permission]bool{}
	for _, s := range otfSwitches() {
		if !settings.OTFLevels || before[s.flag] || !after[s.flag] {
			continue
		}
		settled[s.flag] = true
		if _, err := c.CreateGrant(ctx, Grant{Holder: teamRef(t.ID), RoleID: s.role, Scope: organizationRef(t.OrganizationID)}); err != nil {
			return nil, err
		}
	}
	return settled, nil
}

// minimum projects what every team holds in its organization while OTF's levels are in force. The owners team holds more.
func (p *projector) minimum(t Team) {
	if p.f.Settings.OTFLevels && p.orgs[t.OrganizationID].OwnersTeamID != t.ID {
		p.bind(organizationRef(t.OrganizationID), schema.RoleOTFMember, t.ID, time.Time{})
	}
}

// minimumSlices are what minimum decides of a team.
func minimumSlices(t Team) []Slice {
	return grantSlices(Grant{Holder: teamRef(t.ID), RoleID: schema.RoleOTFMember, Scope: organizationRef(t.OrganizationID), OrganizationID: t.OrganizationID}, "")
}

// touchMinimum names what the setting decides: the minimum of every team there is.
func (c *Change) touchMinimum(ctx context.Context) error {
	teams, err := c.Teams(ctx, TeamFilter{})
	for _, t := range teams {
		c.touch(minimumSlices(t)...)
	}
	return err
}

// gathersMinimum notes the team whose minimum a binding may be.
func (g *gatherer) gathersMinimum(roleID string, holder authz.Object) {
	if roleID == schema.RoleOTFMember {
		g.teams[holder.ID] = true
	}
}
