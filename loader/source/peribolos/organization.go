package peribolos

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds how deep teams may be nested; a team that contains itself through an alias has no end.
const maxDepth = 64

// organization is what all files together say of an organization.
type organization struct {
	named
	email, description string
	settings           map[string]position // given once, whatever the file
	admins, members    []named
	teams              []*team
	repositories       []repository
}

// repository is a repository of the organization itself.
type repository struct {
	named
	description string
}

// team is a team as it is written, before anything is inherited.
type team struct {
	named
	description, privacy string
	members, maintainers []named
	access               []access
	teams                []*team
}

// access is a team's permission on a repository.
type access struct {
	named
	level level
}

// collection puts the files together.
type collection struct {
	*faults
	organizations []*organization
	byName        map[string]*organization
	unread        map[string]bool // folded names of organizations of which a file could not be read; "" for all
}

func newCollection(f *faults) *collection {
	return &collection{faults: f, byName: map[string]*organization{}, unread: map[string]bool{}}
}

// check checks the organizations as a whole, but for those known in part only: what they seem to lack may be in
// the file that could not be read.
func (c *collection) check() {
	for _, o := range c.organizations {
		if !c.unread[""] && !c.unread[fold(o.name)] {
			o.check(c.faults)
		}
	}
}

// fold returns a name as it compares: GitHub's names differ by more than case.
func fold(name string) string { return strings.ToLower(name) }

// add reads a file. It reports whether it came to the end.
func (c *collection) add(in input, root *yaml.Node) bool {
	d := newDecoder(c.faults, in.path, root)
	at := position{in.path, 1}
	switch in.form {
	case formOrganization:
		if other, twice := c.byName[fold(in.organization)]; twice {
			c.faults.add(at, "organization %q is defined twice, first at %s", in.organization, other.at)
		}
		d.organization(c.organization(named{in.organization, at}), root)
	case formTeams:
		o := c.organization(named{in.organization, at})
		d.only(root, "teams", func(f field) { o.teams = append(o.teams, d.teams(f, 1)...) })
	case formFull:
		d.only(root, "orgs", func(f field) {
			for _, o := range d.mapping(f.value, f.key) {
				d.organization(c.organization(named{o.key, o.at}), o.value)
			}
		})
	}
	return d.budget > 0
}

// only reads a file that holds one key. A file without it is cut off or no such file, and ignoring it could take
// access away.
func (d *decoder) only(root *yaml.Node, key string, read func(field)) {
	found := false
	d.keys(root, "the file", map[string]func(field){key: func(f field) {
		found = true
		read(f)
	}})
	if !found {
		d.add(position{d.file, 1}, "%s is missing at the top of the file", key)
	}
}

// organization returns the organization of a name, a new one when there is none yet.
func (c *collection) organization(n named) *organization {
	if o, ok := c.byName[fold(n.name)]; ok {
		return o
	}
	o := &organization{named: n, settings: map[string]position{}}
	c.byName[fold(n.name)] = o
	c.organizations = append(c.organizations, o)
	return o
}

// organization reads one file's part of an organization.
func (d *decoder) organization(o *organization, n *yaml.Node) {
	once := func(read func(field)) func(field) {
		return func(f field) {
			if first, twice := o.settings[f.key]; twice {
				d.add(f.at, "%s of organization %q is given twice, first at %s", f.key, o.name, first)
				return
			}
			o.settings[f.key] = f.at
			read(f)
		}
	}
	text := once(func(f field) { d.optional(f) })
	flag := once(d.flag)
	d.keys(n, "an organization", map[string]func(field){
		"admins":        func(f field) { o.admins = append(o.admins, d.names(f)...) },
		"members":       func(f field) { o.members = append(o.members, d.names(f)...) },
		"teams":         func(f field) { o.teams = append(o.teams, d.teams(f, 1)...) },
		"repos":         func(f field) { o.repositories = append(o.repositories, d.repositories(f)...) },
		"billing_email": once(func(f field) { o.email = d.optional(f) }),
		"description":   once(func(f field) { o.description = d.optional(f) }),
		// What follows is GitHub's own and means nothing here.
		"name": text, "company": text, "email": text, "location": text, "website": text, "blog": text,
		"twitter_username": text, "default_repository_permission": text,
		"has_organization_projects": flag, "has_repository_projects": flag, "members_can_create_repositories": flag,
	})
}

// repositories reads the repositories of an organization. Their settings are GitHub's own, but for the description.
func (d *decoder) repositories(f field) []repository {
	var out []repository
	for _, r := range d.mapping(f.value, f.key) {
		repo := repository{named: named{r.key, r.at}}
		known := map[string]func(field){"description": func(f field) { repo.description = d.optional(f) }}
		for _, key := range []string{
			"homepage", "private", "has_issues", "has_projects", "has_wiki", "allow_squash_merge", "allow_merge_commit",
			"allow_rebase_merge", "squash_merge_commit_title", "squash_merge_commit_message", "default_branch",
			"archived", "previously", "on_create",
		} {
			known[key] = func(field) {}
		}
		d.keys(r.value, "a repository", known)
		out = append(out, repo)
	}
	return out
}

// teams reads teams by name, and those inside them.
func (d *decoder) teams(f field, depth int) []*team {
	if depth > maxDepth {
		d.add(f.at, "teams are nested more than %d deep", maxDepth)
		return nil
	}
	var out []*team
	for _, entry := range d.mapping(f.value, f.key) {
		t := &team{named: named{entry.key, entry.at}}
		d.keys(entry.value, "a team", map[string]func(field){
			"description": func(f field) { t.description = d.optional(f) },
			"privacy":     func(f field) { t.privacy = d.privacy(f) },
			"members":     func(f field) { t.members = d.names(f) },
			"maintainers": func(f field) { t.maintainers = d.names(f) },
			"repos":       func(f field) { t.access = d.access(f) },
			"teams":       func(f field) { t.teams = d.teams(f, depth+1) },
			"previously":  func(f field) { d.names(f) }, // a renamed team is a new one here, with the same access
		})
		out = append(out, t)
	}
	return out
}

func (d *decoder) privacy(f field) string {
	text := d.optional(f)
	if text != "" && text != privacyClosed && text != privacySecret {
		d.add(f.at, "privacy %q is neither %s nor %s", text, privacyClosed, privacySecret)
	}
	return text
}

func (d *decoder) access(f field) []access {
	var out []access
	for _, entry := range d.mapping(f.value, f.key) {
		text, ok := d.text(entry.value, "the permission on "+entry.key)
		if !ok {
			continue
		}
		level, known := levelOf(text)
		if !known {
			d.add(entry.at, "permission %q on %s is none of %s", text, entry.key, strings.Join(levelNames(), ", "))
			continue
		}
		out = append(out, access{named: named{entry.key, entry.at}, level: level})
	}
	return out
}
