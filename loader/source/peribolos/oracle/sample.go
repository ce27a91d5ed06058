package oracle

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Reason says why a case was chosen.
type Reason string

// The reasons of a sample.
const (
	Owner        Reason = "an admin of the organization"
	Team         Reason = "has the repository through a team"
	AboveOwn     Reason = "has the repository, asks for more than he has there"
	OtherRepo    Reason = "has repositories of the organization, but not this one"
	NoRepository Reason = "in the organization, has no repository"
	Outsider     Reason = "not in the organization"
)

// Case is a question with its answer.
type Case struct {
	Organization string
	User         string // in lower case
	Permission   string
	Repo         string // in lower case
	Allowed      bool
	Reason       Reason
}

// Sample returns n questions with their answers, the same for the same seed: every second one allowed, the others
// denied, the denied ones of every kind. There are fewer when the files have no question of some kind.
func (o *Oracle) Sample(seed uint64, n int) []Case {
	s := newSampler(o, seed)
	if len(s.orgs) == 0 {
		return nil
	}
	order := []Reason{Team, AboveOwn, Owner, Outsider, Team, OtherRepo, Team, NoRepository}
	var out []Case
	for tries := 0; len(out) < n && tries < 1000*n; tries++ {
		if c, ok := s.draw(order[len(out)%len(order)]); ok {
			out = append(out, c)
		}
	}
	return out
}

// sampler draws cases from sorted lists, so that a seed says everything.
type sampler struct {
	*rand.Rand
	oracle  *Oracle
	orgs    []string            // those with repositories
	repos   map[string][]string // by organization
	people  map[string][]string // by organization
	rights  map[string][]string // keys of org.rights, by organization
	holders map[string]map[string]bool
	all     []string // everybody, everywhere
}

func newSampler(o *Oracle, seed uint64) *sampler {
	s := &sampler{
		Rand:   rand.New(rand.NewPCG(seed, 1)),
		oracle: o, repos: map[string][]string{}, people: map[string][]string{},
		rights: map[string][]string{}, holders: map[string]map[string]bool{},
	}
	all := map[string]bool{}
	for _, name := range o.Organizations() {
		g := o.orgs[name]
		s.repos[name], s.people[name] = o.Repositories(name), o.People(name)
		s.rights[name], s.holders[name] = slices.Sorted(maps.Keys(g.rights)), map[string]bool{}
		for _, key := range s.rights[name] {
			user, _, _ := strings.Cut(key, " ")
			s.holders[name][user] = true
		}
		if len(s.rights[name]) > 0 && len(g.admins) > 0 {
			s.orgs = append(s.orgs, name)
		}
		maps.Copy(all, g.people())
	}
	s.all = slices.Sorted(maps.Keys(all))
	return s
}

func pick[T any](s *sampler, list []T) T { return list[s.IntN(len(list))] }

// draw makes one attempt at a case. Its answer is the oracle's; a case that is not what its reason says is no case.
func (s *sampler) draw(why Reason) (Case, bool) {
	c := Case{Organization: pick(s, s.orgs), Permission: pick(s, Permissions()), Reason: why}
	g := s.oracle.orgs[c.Organization]
	c.Repo = pick(s, s.repos[c.Organization])
	fits := false
	switch why {
	case Owner:
		c.User = pick(s, slices.Sorted(maps.Keys(g.admins)))
		fits = true
	case Team, AboveOwn:
		c.User, c.Repo, _ = strings.Cut(pick(s, s.rights[c.Organization]), " ")
		fits = !g.admins[c.User]
	case OtherRepo:
		c.User = pick(s, s.people[c.Organization])
		fits = s.holders[c.Organization][c.User] && g.rights[c.User+" "+c.Repo] == nil && !g.admins[c.User]
	case NoRepository:
		c.User = pick(s, s.people[c.Organization])
		fits = !s.holders[c.Organization][c.User] && !g.admins[c.User]
	case Outsider:
		c.User = pick(s, s.all)
		fits = !g.people()[c.User]
	}
	c.Allowed = s.oracle.Allowed(c.Organization, c.User, c.Permission, c.Repo)
	return c, fits && c.Allowed == (why == Owner || why == Team)
}
