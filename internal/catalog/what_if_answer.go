package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

const (
	// maxConsequences bounds how many changes, and how many subjects and objects of each, are told.
	maxConsequences = 500
	// maxPairs is how many pairs of a subject and an object are looked at.
	maxPairs = 500_000
	// maxSupposed is how many questions are asked, before the change and after it each.
	maxSupposed = 15_000
)

// Consequences are what a change would change for whom.
type Consequences struct {
	// Changes are what becomes different, objects and subjects to which the same happens together.
	Changes []Consequence
	Total   int // changes, told or not
	// Subjects and Objects are how many gain or lose anything, and on how many objects.
	Subjects, Objects int
	// Complete is false where more subjects or objects are concerned than were asked about: then the totals are a part.
	Complete bool
}

// Consequence is what the same subjects gain and lose on the same objects.
type Consequence struct {
	ObjectType   string
	Gained, Lost []schema.Permission
	Subjects     Several
	Objects      Several
}

// Several is a number of things of which the first are named. Concealed are those that the caller may not see, and that
// are therefore not among them.
type Several struct {
	First     []Named
	Total     int
	Concealed int
}

// consequences asks what every subject concerned may do on every object concerned, before the change and after it.
func (s *Service) consequences(ctx context.Context, p Principal, d *difference, limit int) (Consequences, error) {
	if len(d.objects) == 0 || len(d.subjects) == 0 {
		return Consequences{Complete: true}, nil
	}
	sorted := sortPairs(d)
	found, err := s.supposedly(ctx, d, sorted)
	if err != nil {
		return Consequences{}, err
	}
	told := together(d, sorted, found)
	out := Consequences{Complete: sorted.complete, Total: len(told)}
	out.Subjects, out.Objects = count(told)
	for _, t := range told[:min(limit, len(told))] {
		out.Changes = append(out.Changes, t.consequence(limit))
	}
	return out, s.tell(ctx, p, d, out.Changes)
}

// pairs are subjects and objects, sorted into kinds of pairs.
type pairs struct {
	subjects []authz.Object
	kinds    []authz.Question // a pair of each kind, without a permission; zero where nothing can change
	of       [][]int          // subject -> for each object in order, the kind of the pair
	complete bool
}

// sortPairs sorts the pairs into kinds, as many as may be asked about: subject by subject, so that of those who are looked
// at everything is.
func sortPairs(d *difference) pairs {
	out := pairs{complete: true}
	k := newKinds(d)
	number := map[string]int{}
	questions := 0
	for i, subject := range inOrderOfType(d.subjects) {
		if i > 0 && ((i+1)*len(d.objects) > maxPairs || questions > maxSupposed) {
			out.complete = false
			return out
		}
		row := make([]int, len(d.objects))
		for j, object := range d.objects {
			kind := k.pair(subject, object)
			n, known := number[kind]
			if !known {
				n = len(out.kinds)
				number[kind] = n
				out.kinds = append(out.kinds, authz.Question{})
				if k.moving[kind] {
					out.kinds[n] = authz.Question{Subject: subject, Resource: object}
					questions += len(askedAbout(object.Type))
				}
			}
			row[j] = n
		}
		out.subjects, out.of = append(out.subjects, subject), append(out.of, row)
	}
	return out
}

// inOrderOfType returns subjects in the order in which they are told of.
func inOrderOfType(set map[authz.Object]bool) []authz.Object {
	rank := schema.SubjectTypes()
	out := make([]authz.Object, 0, len(set))
	for o := range set {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b authz.Object) int {
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Type), slices.Index(rank, b.Type)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// delta is what the subjects of a kind of pair gain and lose on its objects.
type delta struct{ gained, lost []schema.Permission }

func (x delta) none() bool { return len(x.gained)+len(x.lost) == 0 }

// supposedly asks about each kind of pair.
func (s *Service) supposedly(ctx context.Context, d *difference, p pairs) ([]delta, error) {
	var questions []authz.Question
	for _, q := range p.kinds {
		for _, permission := range askedAbout(q.Resource.Type) {
			q.Permission = permission.On(q.Resource.Type)
			questions = append(questions, q)
		}
	}
	before, after, err := s.engine.Suppose(ctx, d.before, authz.Write{Deletes: d.deletes, Touches: d.touches}, questions)
	if err != nil {
		return nil, err
	}
	out := make([]delta, len(p.kinds))
	i := 0
	for n, q := range p.kinds {
		for _, permission := range askedAbout(q.Resource.Type) {
			switch {
			case before[i] && !after[i]:
				out[n].lost = append(out[n].lost, permission)
			case after[i] && !before[i]:
				out[n].gained = append(out[n].gained, permission)
			}
			i++
		}
	}
	return out, nil
}

// askedAbout returns the permissions that are asked about objects of a type, none for no type. At the platform that is
// everything that can be held there: what is below it is all there is.
func askedAbout(objectType string) []schema.Permission {
	if objectType != schema.TypePlatform {
		return schema.Of(objectType)
	}
	var out []schema.Permission
	for _, e := range schema.Vocabulary() {
		if e.Permission.On(objectType) != "" {
			out = append(out, e.Permission)
		}
	}
	return out
}

// telling is what happens to the same subjects on the same objects.
type telling struct {
	delta

	objectType        string
	subjects, objects []authz.Object
}

// together puts together what says the same: for each subject the objects on which the same happens to him, and then the
// subjects to whom just that happens.
func together(d *difference, p pairs, found []delta) []telling {
	var out []telling
	at := map[string]int{}
	for i, subject := range p.subjects {
		for _, t := range toldOf(d, p.of[i], found) {
			key := t.key()
			n, known := at[key]
			if !known {
				n = len(out)
				at[key] = n
				out = append(out, t)
			}
			out[n].subjects = append(out[n].subjects, subject)
		}
	}
	return out
}

// toldOf returns what happens to one subject.
func toldOf(d *difference, row []int, found []delta) []telling {
	var out []telling
	at := map[string]int{}
	for j, object := range d.objects {
		x := found[row[j]]
		if x.none() {
			continue
		}
		what := object.Type + "/" + words(x.gained) + "/" + words(x.lost)
		n, known := at[what]
		if !known {
			n = len(out)
			at[what] = n
			out = append(out, telling{objectType: object.Type, delta: x})
		}
		out[n].objects = append(out[n].objects, object)
	}
	return out
}

// key returns what is the same for subjects to whom the same happens.
func (t telling) key() string {
	var b strings.Builder
	b.WriteString(t.objectType + "/" + words(t.gained) + "/" + words(t.lost))
	for _, o := range t.objects {
		b.WriteString(" " + o.ID)
	}
	return b.String()
}

func words(permissions []schema.Permission) string { return strings.Join(texts(permissions), " ") }

// count returns how many subjects and objects there are in all.
func count(all []telling) (subjects, objects int) {
	who, what := map[authz.Object]bool{}, map[authz.Object]bool{}
	for _, t := range all {
		for _, o := range t.subjects {
			who[o] = true
		}
		for _, o := range t.objects {
			what[o] = true
		}
	}
	return len(who), len(what)
}

func (t telling) consequence(limit int) Consequence {
	return Consequence{ObjectType: t.objectType, Gained: t.gained, Lost: t.lost, Subjects: several(t.subjects, limit), Objects: several(t.objects, limit)}
}

func several(all []authz.Object, limit int) Several {
	out := Several{Total: len(all)}
	for _, o := range all[:min(limit, len(all))] {
		out.First = append(out.First, Named{Object: o})
	}
	return out
}

// tell conceals what the principal may not see, and names the rest. Who may change something need not see everything that
// depends on it.
func (s *Service) tell(ctx context.Context, p Principal, d *difference, changes []Consequence) error {
	hidden, err := s.unseen(ctx, p, d, changes)
	if err != nil {
		return err
	}
	conceal := func(x *Several) {
		x.First = slices.DeleteFunc(x.First, func(n Named) bool {
			if hidden[n.Object] {
				x.Concealed++
			}
			return hidden[n.Object]
		})
	}
	var all []*Named
	for i := range changes {
		for _, x := range []*Several{&changes[i].Subjects, &changes[i].Objects} {
			conceal(x)
			for j := range x.First {
				all = append(all, &x.First[j])
			}
		}
	}
	return s.name(ctx, all)
}

// unseen returns what of some changes the principal may not see: objects that he may not read, and people, unless he sees
// the members of the organization or of the teams that the change is about.
func (s *Service) unseen(ctx context.Context, p Principal, d *difference, changes []Consequence) (map[authz.Object]bool, error) {
	err := s.require(ctx, p, schema.PlatformAudit, platformRef())
	if err == nil || !fault.Is(err, fault.Denied) {
		return nil, err
	}
	var objects []authz.Object
	for _, c := range changes {
		for _, n := range c.Objects.First {
			objects = append(objects, n.Object)
		}
	}
	hidden, err := s.hidden(ctx, p, objects)
	if err != nil {
		return nil, err
	}
	seen, err := s.seesPeople(ctx, p, d)
	if err != nil || seen {
		return hidden, err
	}
	for _, c := range changes {
		for _, n := range c.Subjects.First {
			hidden[n.Object] = n.Object != p.Subject
		}
	}
	return hidden, nil
}

// seesPeople reports whether the principal sees who is in every team that a change is about, and every person in it.
func (s *Service) seesPeople(ctx context.Context, p Principal, d *difference) (bool, error) {
	var teams []authz.Object
	for _, set := range []map[string]bool{d.given, d.moved} {
		for id := range set {
			t, err := one(s.store.Teams(ctx, TeamFilter{IDs: []string{id}}))
			if err != nil {
				return false, err
			}
			if t.ID != "" {
				teams = append(teams, teamRef(id))
			}
		}
	}
	hidden, err := s.hidden(ctx, p, teams)
	if err != nil || len(hidden) > 0 || len(teams) == len(d.given)+len(d.moved) {
		return len(hidden) == 0, err
	}
	for id := range d.organizations {
		err := s.require(ctx, p, schema.OrganizationViewMembers, organizationRef(id))
		if err != nil {
			return false, ifNotDenied(err)
		}
	}
	return true, nil
}

func ifNotDenied(err error) error {
	if fault.Is(err, fault.Denied) {
		return nil
	}
	return err
}
