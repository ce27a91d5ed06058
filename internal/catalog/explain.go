package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Reason says why a decision is what it is.
type Reason struct {
	Code string // "granted" or "missing"
	Text string // one sentence
	Held []HeldRole
}

// The codes of reasons.
const (
	ReasonGranted = "granted"
	ReasonMissing = "missing"
)

// HeldRole is a role that the subject holds at or above the resource.
type HeldRole struct {
	Role      string
	Scope     string // the path of the object it was granted on, with its type
	Through   string // how the subject comes to hold it
	Gives     bool   // whether it gives the permission asked for
	ExpiresAt time.Time
}

// explain builds the reason of a decision that has been taken. What the catalog does not know reads like what the
// subject holds nothing on.
func (s *Service) explain(ctx context.Context, a asked, allowed bool) (*Reason, error) {
	settings, err := s.store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if a.question == nil {
		return &Reason{Code: ReasonMissing, Text: missing(a, nil, settings)}, nil
	}
	x, err := s.engine.Explain(ctx, *a.question, authz.Consistency{})
	if err != nil {
		return nil, err
	}
	held, err := s.nameHeld(ctx, a, x)
	if err != nil {
		return nil, err
	}
	if !allowed {
		return &Reason{Code: ReasonMissing, Text: missing(a, held, settings), Held: held}, nil
	}
	return &Reason{Code: ReasonGranted, Text: granted(a, held), Held: held}, nil
}

func granted(a asked, held []HeldRole) string {
	for _, h := range held {
		if h.Gives {
			return fmt.Sprintf("%s holds %s on %s %s, which gives %s", a.SubjectID, h.Role, h.Scope, h.Through, a.permission.Name())
		}
	}
	entry, _ := schema.Lookup(a.permission)
	return fmt.Sprintf("%s on %s follows for %s from what the model derives: %s", a.permission.Name(), a.ResourceID, a.SubjectID, entry.Doc)
}

func missing(a asked, held []HeldRole, settings Settings) string {
	var b strings.Builder
	b.WriteString(a.SubjectID)
	if len(held) == 0 {
		fmt.Fprintf(&b, " holds nothing on %s %s", a.ResourceType, a.ResourceID)
	}
	for i, h := range held {
		if i > 0 {
			b.WriteString(" and")
		}
		fmt.Fprintf(&b, " holds %s on %s %s", h.Role, h.Scope, h.Through)
	}
	if a.Sensitive && a.permission == schema.WorkspaceReadVariable {
		return b.String() + "; the values of sensitive variables are readable by nobody"
	}
	if needs := rolesThatGive(a.permission, a.ResourceType, settings); len(needs) > 0 {
		fmt.Fprintf(&b, "; %s needs %s", a.Action, orList(needs))
	}
	return b.String()
}

// rolesThatGive returns the built-in roles that give a permission and may be granted on the type or above it.
func rolesThatGive(p schema.Permission, objectType string, settings Settings) []string {
	if p == "" {
		return nil
	}
	var out []string
	for _, r := range schema.Roles() {
		if !r.System && settings.speaks(r.Name) && slices.Contains(r.Scopes, objectType) && slices.Contains(r.Atoms(), p) {
			out = append(out, r.Name)
		}
	}
	const shown = 6
	if len(out) > shown {
		out = out[:shown]
	}
	return out
}

func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// nameHeld turns bindings into roles, scopes and teams that people know.
func (s *Service) nameHeld(ctx context.Context, a asked, x authz.Explanation) ([]HeldRole, error) {
	if len(x.Held) == 0 {
		return nil, nil
	}
	roles, err := s.rolesAt(ctx, x.Scopes)
	if err != nil {
		return nil, err
	}
	out := make([]HeldRole, 0, len(x.Held))
	for _, h := range x.Held {
		if h.Holder.ID == holderUsers {
			continue // everybody may create organizations; that explains nothing else
		}
		names, err := s.Names(ctx, h.Scope.Type, []string{h.Scope.ID})
		if err != nil {
			return nil, err
		}
		through, err := s.through(ctx, h.Holder, a.question.Subject)
		if err != nil {
			return nil, err
		}
		if h.Binding.ID == bindingID(schema.RoleOTFMember, h.Holder.ID) {
			roles[h.Binding.ID] = schema.RoleOTFMember // no grant says it
		}
		out = append(out, HeldRole{
			Role: roles[h.Binding.ID], Scope: h.Scope.Type + " " + names[h.Scope.ID], Through: through,
			Gives: slices.Contains(h.Atoms, a.permission.Qualified()), ExpiresAt: h.ExpiresAt,
		})
	}
	return out, nil
}

// rolesAt returns the names of the roles granted on scopes, by binding id.
func (s *Service) rolesAt(ctx context.Context, scopes []authz.Object) (map[string]string, error) {
	out := map[string]string{
		bindingID(schema.RoleSiteAdmin, holderSiteAdmins):     schema.RoleSiteAdmin,
		bindingID(schema.RoleSiteAuditor, holderSiteAuditors): schema.RoleSiteAuditor,
	}
	grants, err := s.store.Grants(ctx, GrantFilter{Scopes: scopes})
	if err != nil {
		return nil, err
	}
	stored, err := rolesOf(ctx, s.store, grants)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, r := range stored {
		names[r.ID] = r.Name
		if r.Name == "" {
			names[r.ID] = "custom access (" + strings.Join(r.Permissions, ", ") + ")"
		}
	}
	for _, g := range grants {
		name, ok := names[g.RoleID]
		if !ok {
			name = g.RoleID
		}
		out[bindingID(g.RoleID, g.Holder.ID)] = name
	}
	for _, scope := range scopes {
		if scope.Type != schema.TypeOrganization {
			continue
		}
		o, err := s.store.Organization(ctx, scope.ID)
		if err != nil {
			return nil, err
		}
		out[bindingID(schema.RoleOwner, o.OwnersTeamID)] = schema.RoleOwner
		tokens, err := s.store.Tokens(ctx, TokenFilter{Kind: TokenOrganization, OwnerID: o.ID})
		if err != nil {
			return nil, err
		}
		for _, t := range tokens {
			out[bindingID(schema.RoleOrganizationToken, t.ID)] = schema.RoleOrganizationToken
		}
	}
	return out, nil
}

// through says how a subject comes to be in a holder.
func (s *Service) through(ctx context.Context, holder, subject authz.Object) (string, error) {
	switch holder.ID {
	case subject.ID:
		return "directly", nil
	case holderSiteAdmins, holderSiteAuditors:
		return "as " + strings.TrimSuffix(holder.ID, "s"), nil
	}
	team, err := s.store.Team(ctx, holder.ID)
	if fault.Is(err, fault.NotFound) {
		g, err := s.store.Group(ctx, holder.ID)
		if err != nil {
			return "", err
		}
		return "through group " + g.DisplayName, nil
	}
	if err != nil {
		return "", err
	}
	text := "through team " + team.Name
	members, err := s.store.TeamMembers(ctx, TeamMemberFilter{TeamIDs: []string{team.ID}, UserID: subject.ID})
	if err != nil || len(members) > 0 || subject.Type != schema.TypeUser {
		return text, err
	}
	group, err := s.linkedGroup(ctx, team.ID, subject.ID)
	if err != nil || group == "" {
		return text, err
	}
	return text + ", by group " + group, nil
}

// linkedGroup returns the name of a group that brings a user into a team.
func (s *Service) linkedGroup(ctx context.Context, teamID, userID string) (string, error) {
	links, err := s.store.GroupLinks(ctx, GroupLinkFilter{TeamIDs: []string{teamID}})
	if err != nil || len(links) == 0 {
		return "", err
	}
	children, err := s.store.GroupChildren(ctx)
	if err != nil {
		return "", err
	}
	kept, err := s.keptBy(ctx, userID, links)
	if err != nil {
		return "", err
	}
	for _, l := range links {
		members, err := s.store.GroupMembers(ctx, GroupMemberFilter{GroupIDs: descendants([]string{l.GroupID}, children), UserID: userID})
		if err != nil {
			return "", err
		}
		in := slices.ContainsFunc(members, func(m GroupMember) bool { return m.lasts(s.now()) })
		if l.Paused {
			in = kept[l.ID]
		}
		if in {
			g, err := s.store.Group(ctx, l.GroupID)
			return g.DisplayName, err
		}
	}
	return "", nil
}
