// Package oracle answers "may this person do that to this repository?" straight from files in the form of
// Peribolos, by GitHub's rules, for tests to compare the product with.
//
// It shares nothing with the product but the YAML parser: neither the source that reads the same files nor the
// schema. Whoever changes a rule there has to change it here by hand, which is the point. It is imported by tests
// only and expects well-formed files.
package oracle

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

type orgFile struct {
	Admins  []string            `yaml:"admins"`
	Members []string            `yaml:"members"`
	Teams   map[string]teamYAML `yaml:"teams"`
}

type teamYAML struct {
	Members     []string            `yaml:"members"`
	Maintainers []string            `yaml:"maintainers"`
	Repos       map[string]string   `yaml:"repos"`
	Teams       map[string]teamYAML `yaml:"teams"`
}

// Oracle knows who is in which team and what the teams may do.
type Oracle struct{ orgs map[string]*org }

type org struct {
	name    string
	admins  map[string]bool
	members map[string]bool            // without the admins
	repos   map[string]bool            // every repository that a team has a permission on
	rights  map[string]map[string]bool // "person repository" -> GitHub permissions on it, from all his teams
}

// Load reads a directory with a folder for each organization.
func Load(dir string) (*Oracle, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "org.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no organization in %s", dir)
	}
	o := &Oracle{orgs: map[string]*org{}}
	for _, file := range files {
		folder := filepath.Dir(file)
		more, err := filepath.Glob(filepath.Join(folder, "*", "teams.yaml"))
		if err != nil {
			return nil, err
		}
		g := &org{
			name: filepath.Base(folder), admins: map[string]bool{}, members: map[string]bool{},
			repos: map[string]bool{}, rights: map[string]map[string]bool{},
		}
		for _, name := range append([]string{file}, more...) {
			if err := g.load(name); err != nil {
				return nil, err
			}
		}
		o.orgs[g.name] = g
	}
	return o, nil
}

func (g *org) load(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var f orgFile
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, person := range f.Admins {
		g.admins[strings.ToLower(person)] = true
	}
	for _, person := range f.Members {
		if !g.admins[strings.ToLower(person)] {
			g.members[strings.ToLower(person)] = true
		}
	}
	for _, t := range f.Teams {
		g.team(t, nil)
	}
	return nil
}

// team gives the people of a team its repositories and those of every team it is in. The people of the teams
// inside it get them there, because those teams inherit them.
func (g *org) team(t teamYAML, inherited []teamYAML) {
	chain := append(slices.Clone(inherited), t)
	for _, team := range chain {
		for repo, permission := range team.Repos {
			repo = strings.ToLower(repo)
			g.repos[repo] = true
			for _, person := range append(slices.Clone(t.Members), t.Maintainers...) {
				key := strings.ToLower(person) + " " + repo
				if g.rights[key] == nil {
					g.rights[key] = map[string]bool{}
				}
				g.rights[key][permission] = true
			}
		}
	}
	for _, child := range t.Teams {
		g.team(child, chain)
	}
}

// Permissions returns the permissions the oracle knows.
func Permissions() []string {
	return []string{
		"read_run", "read_state", "queue_plan", "apply_run", "write_variable", "write_state", "lock",
		"manage_access", "delete",
	}
}

// gives says what a permission on GitHub lets a person do to a workspace.
func gives(github, permission string) bool {
	switch github {
	case "read":
		return slices.Contains([]string{"read_run", "read_state"}, permission)
	case "triage":
		return slices.Contains([]string{"read_run", "read_state", "queue_plan"}, permission)
	case "write", "maintain":
		return slices.Contains([]string{"read_run", "read_state", "queue_plan", "apply_run", "write_variable", "write_state", "lock"}, permission)
	case "admin":
		return slices.Contains(Permissions(), permission)
	}
	return false
}

// Allowed reports whether a person may do something to a repository of an organization. Names of people and
// repositories are in any case. Nobody may do anything to a repository that is not there.
func (o *Oracle) Allowed(organization, user, permission, repo string) bool {
	user, repo = strings.ToLower(user), strings.ToLower(repo)
	g, ok := o.orgs[organization]
	if !ok || !g.repos[repo] || !slices.Contains(Permissions(), permission) {
		return false
	}
	if g.admins[user] {
		return true
	}
	for github := range g.rights[user+" "+repo] {
		if gives(github, permission) {
			return true
		}
	}
	return false
}

// Organizations returns the names of the organizations, in order.
func (o *Oracle) Organizations() []string { return slices.Sorted(maps.Keys(o.orgs)) }

// Repositories returns the repositories of an organization, in lower case and in order.
func (o *Oracle) Repositories(organization string) []string {
	g, ok := o.orgs[organization]
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(g.repos))
}

// People returns everybody in an organization, in lower case and in order.
func (o *Oracle) People(organization string) []string {
	g, ok := o.orgs[organization]
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(g.people()))
}

func (g *org) people() map[string]bool {
	out := maps.Clone(g.admins)
	maps.Copy(out, g.members)
	return out
}
