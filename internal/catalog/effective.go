package catalog

import (
	"context"
	"slices"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// Named is an object with what people call it; the name is "" where it has none.
type Named struct {
	authz.Object
	Name string
}

// EffectiveAccess is everything that a subject may do on an object, and why.
type EffectiveAccess struct {
	Subject, Object Named
	// Permissions are in the order of the vocabulary.
	Permissions []EffectivePermission
	// Sources are the roles that the subject holds at or above the object, the nearest first, whatever they give.
	Sources []Source
	Token   authz.Token
}

// EffectivePermission is one permission that a subject holds on an object.
type EffectivePermission struct {
	schema.Permission

	// From are the places in Sources of the roles that give it; none where the model derives it.
	From []int
	// FollowsFrom are permissions on the same object that it follows from, where it is derived from such.
	FollowsFrom []schema.Permission
	// Doc says what it is, which for a derived one is where it comes from as well.
	Doc string
}

// Derived reports whether the permission follows from the model and not from a role.
func (e EffectivePermission) Derived() bool { return len(e.From) == 0 }

// Entity is somebody or something in the caller's words: a type, and an id, name or path.
type Entity struct{ Type, Ref string }

// EffectiveAccess returns what a subject may do on an object, each permission with what it comes from: one call to the
// engine for all of it. Everybody may ask about himself; about others whoever may review the object, see mayReview. To
// others, what is not there and what they may not review are the same: fault.Denied. To himself, something on which he
// holds nothing is as good as not there: fault.NotFound.
func (s *Service) EffectiveAccess(ctx context.Context, p Principal, subject, object Entity) (EffectiveAccess, error) {
	var a EffectiveAccess
	who, err := s.meant(ctx, subject.Type, subject.Ref)
	if err != nil {
		return a, err
	}
	what, err := s.meant(ctx, object.Type, object.Ref)
	if err != nil {
		return a, err
	}
	self := isSelf(p, Ask{SubjectType: subject.Type, SubjectID: subject.Ref}, who)
	reviews := s.mayReview(ctx, p, what)
	if reviews != nil && (!self || !fault.Is(reviews, fault.Denied)) {
		return a, reviews
	}
	if who.IsZero() || !slices.Contains(schema.SubjectTypes(), who.Type) {
		return a, fault.New(fault.NotFound, "there is no such subject")
	}
	nothing := fault.New(fault.NotFound, "there is no such object, or nothing that you may do with it")
	if what.IsZero() || len(schema.Of(what.Type)) == 0 {
		return a, nothing
	}
	if reviews != nil { // before anything is read about an object of which he may know nothing
		holds, err := s.holdsAnything(ctx, p, what)
		if err == nil && !holds {
			err = nothing
		}
		if err != nil {
			return a, err
		}
	}
	if a, err = s.effective(ctx, who, what); err != nil {
		return a, err
	}
	if !self {
		if err := s.concealTeams(ctx, p, a.Sources); err != nil {
			return EffectiveAccess{}, err
		}
	}
	return a, s.nameAccess(ctx, &a)
}

// holdsAnything reports whether a principal may do anything on an object, by the token that he came with.
func (s *Service) holdsAnything(ctx context.Context, p Principal, object authz.Object) (bool, error) {
	if err := s.admit(ctx, p, object); err != nil {
		return false, err
	}
	permissions := schema.Of(object.Type)
	questions := make([]authz.Question, len(permissions))
	for i, permission := range permissions {
		questions[i] = authz.Question{Subject: p.Subject, Permission: permission.On(object.Type), Resource: object}
	}
	held, _, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	return slices.Contains(held, true), err
}

// effective asks the engine once: for every permission of the object, and in which holders the subject is.
func (s *Service) effective(ctx context.Context, subject, object authz.Object) (EffectiveAccess, error) {
	a := EffectiveAccess{Subject: Named{Object: subject}, Object: Named{Object: object}}
	held, err := s.heldAt(ctx, object)
	if err != nil {
		return a, err
	}
	permissions := schema.Of(object.Type)
	questions := make([]authz.Question, 0, len(permissions)+len(held))
	for _, permission := range permissions {
		questions = append(questions, authz.Question{Subject: subject, Permission: permission.On(object.Type), Resource: object})
	}
	for _, h := range held {
		questions = append(questions, authz.Question{Subject: subject, Permission: schema.TeamMember.Name(), Resource: h.team})
	}
	allowed, token, err := s.engine.CheckAll(ctx, questions, authz.Consistency{})
	if err != nil {
		return a, err
	}
	a.Token = token
	var mine []Source
	for i, h := range held {
		if allowed[len(permissions)+i] {
			mine = append(mine, h)
		}
	}
	if a.Sources, err = s.paths(ctx, subject, mine); err != nil {
		return a, err
	}
	for i, permission := range permissions {
		if allowed[i] {
			a.Permissions = append(a.Permissions, explained(permission, a.Sources))
		}
	}
	return a, nil
}

// explained returns a permission that is held, with which of the sources give it.
func explained(permission schema.Permission, sources []Source) EffectivePermission {
	entry, _ := schema.Lookup(permission)
	e := EffectivePermission{Permission: permission, Doc: entry.Doc}
	for i, source := range sources {
		if source.gives(permission) {
			e.From = append(e.From, i)
		}
	}
	if e.Derived() {
		e.FollowsFrom = followsFrom(permission)
	}
	return e
}

// followsFrom returns what a derived permission is made of, where that is other permissions on the same object.
func followsFrom(p schema.Permission) []schema.Permission {
	return map[schema.Permission][]schema.Permission{
		schema.WorkspaceRunLocally:          {schema.WorkspaceLock, schema.WorkspaceWriteState},
		schema.OrganizationCreateTeam:       {schema.OrganizationManageTeams},
		schema.OrganizationCreateSecretTeam: {schema.OrganizationManageTeams, schema.OrganizationAccessSecretTeams},
	}[p]
}

// mayReview allows to see who has access to an object, and why: the scope explain and platform.audit everywhere, and else
// what the model has for it. That is organization.view_users on the organization itself, project.read_access on a project
// and the stacks in it, workspace.manage_access on a workspace, and both organization.view_users and team.view on a
// team. Nothing that is held further up counts by itself.
func (s *Service) mayReview(ctx context.Context, p Principal, object authz.Object) error {
	all, err := s.reviewsAll(ctx, p)
	if all || err != nil {
		return err
	}
	denied := fault.New(fault.Denied, "you may not see who has access there")
	guards, err := s.reviewGuards(ctx, object)
	if err != nil {
		return err
	}
	if len(guards) == 0 {
		return denied
	}
	for _, g := range guards {
		err := s.require(ctx, p, g.permission, g.on)
		if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			return denied
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reviewsAll reports whether a principal may see everything that anybody holds.
func (s *Service) reviewsAll(ctx context.Context, p Principal) (bool, error) {
	if p.Has(ScopeExplain) {
		return true, nil
	}
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if fault.Is(err, fault.Denied) {
		return false, nil
	}
	return err == nil, err
}

// guard is a permission that is needed on an object.
type guard struct {
	permission schema.Permission
	on         authz.Object
}

func (s *Service) reviewGuards(ctx context.Context, object authz.Object) ([]guard, error) {
	switch object.Type {
	case schema.TypeOrganization:
		return []guard{{schema.OrganizationViewUsers, object}}, nil
	case schema.TypeProject:
		return []guard{{schema.ProjectReadAccess, object}}, nil
	case schema.TypeWorkspace:
		return []guard{{schema.WorkspaceManageAccess, object}}, nil
	case schema.TypeStack:
		st, err := s.store.Stack(ctx, object.ID)
		return []guard{{schema.ProjectReadAccess, projectRef(st.ProjectID)}}, err
	case schema.TypeTeam:
		t, err := s.store.Team(ctx, object.ID)
		return []guard{{schema.OrganizationViewUsers, organizationRef(t.OrganizationID)}, {schema.TeamView, object}}, err
	}
	return nil, nil
}

// nameAccess adds the names of everything that an answer mentions.
func (s *Service) nameAccess(ctx context.Context, a *EffectiveAccess) error {
	all := []*Named{&a.Subject, &a.Object}
	for i := range a.Sources {
		all = append(all, a.Sources[i].mentioned()...)
	}
	return s.name(ctx, all)
}

// name adds names, with one look-up for each type.
func (s *Service) name(ctx context.Context, all []*Named) error {
	ids := map[string]map[string]bool{}
	for _, n := range all {
		if n.ID != "" && n.Name == "" {
			if ids[n.Type] == nil {
				ids[n.Type] = map[string]bool{}
			}
			ids[n.Type][n.ID] = true
		}
	}
	names := map[authz.Object]string{}
	for objectType, set := range ids {
		found, err := s.Names(ctx, objectType, keys(set))
		if err != nil {
			return err
		}
		for id, name := range found {
			names[authz.Object{Type: objectType, ID: id}] = name
		}
	}
	for _, n := range all {
		if n.Name == "" {
			n.Name = names[n.Object]
		}
	}
	return nil
}
