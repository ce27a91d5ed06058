package openapi

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

//go:embed source/*.yaml
var source embed.FS

// parts are the files of the source in the order of the document, without the one that it begins with.
func parts() []string {
	return []string{"access", "review", "roles", "grants", "requests", "groups", "sync", "audit", "administration", "service", "login"}
}

// part is a file of the source.
type part struct {
	Tag        yaml.Node                   `yaml:"tag"`
	Errors     string                      `yaml:"errors"` // prefix of the responses that its operations' `refused` stands for
	Paths      yaml.Node                   `yaml:"paths"`
	Components ordered[ordered[yaml.Node]] `yaml:"components"`
}

// document is what the parts are assembled into.
type document struct {
	root *yaml.Node
}

// assemble puts the parts together: what the service serves, and what each route needs. Operations that it does not serve
// here, such as signing in where nobody can, are left out.
func assemble(version string, routes []endpoint.Endpoint) (*document, error) {
	needs := map[string]endpoint.Needs{}
	for _, r := range routes {
		needs[r.Method+" "+templated(r.Path)] = r.Needs
	}
	d, err := begin(version)
	if err != nil {
		return nil, err
	}
	for _, name := range parts() {
		p, err := readPart(name)
		if err != nil {
			return nil, err
		}
		if err := d.add(p, needs); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d, nil
}

// begin reads what the document begins with.
func begin(version string) (*document, error) {
	var file yaml.Node
	if err := read("openapi", &file); err != nil {
		return nil, err
	}
	d := &document{root: file.Content[0]}
	set(at(d.root, "info"), "version", text(version))
	return d, nil
}

func readPart(name string) (*part, error) {
	var p part
	return &p, read(name, &p)
}

func read(name string, into any) error {
	raw, err := source.ReadFile("source/" + name + ".yaml")
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// templated returns a route's path as the document writes it: {id} for :id.
func templated(path string) string {
	names := strings.Split(path, "/")
	for i, name := range names {
		if own, ok := strings.CutPrefix(name, ":"); ok {
			names[i] = "{" + own + "}"
		}
	}
	return strings.Join(names, "/")
}

// methods are the members of a path that are operations.
func methods() []string { return []string{"get", "post", "put", "patch", "delete"} }

// add takes a part into the document. A part of which nothing is served leaves its components alone.
func (d *document) add(p *part, needs map[string]endpoint.Needs) error {
	var shared ordered[ordered[yaml.Node]]
	if err := at(d.root, "components").Decode(&shared); err != nil {
		return err
	}
	paths := at(d.root, "paths")
	served := false
	for path, item := range members(&p.Paths) {
		for method, operation := range members(item) {
			if !slices.Contains(methods(), method) {
				continue
			}
			need, ok := needs[strings.ToUpper(method)+" "+path]
			if !ok {
				remove(item, method)
				continue
			}
			served = true
			if err := p.complete(operation, need, shared); err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
		}
		if !hasOperations(item) {
			continue
		}
		if err := join(paths, path, item); err != nil {
			return err
		}
	}
	if !served {
		return nil
	}
	tags := at(d.root, "tags")
	tags.Content = append(tags.Content, &p.Tag)
	return d.share(p.Components)
}

// share takes components into the document.
func (d *document) share(components ordered[ordered[yaml.Node]]) error {
	for _, kind := range components {
		room := child(at(d.root, "components"), kind.Key)
		for _, e := range kind.Value {
			if at(room, e.Key) != nil {
				return fmt.Errorf("there are two components %s/%s", kind.Key, e.Key)
			}
			set(room, e.Key, &e.Value)
		}
	}
	return nil
}

// hasOperations reports whether a path has any.
func hasOperations(item *yaml.Node) bool {
	return slices.ContainsFunc(methods(), func(m string) bool { return at(item, m) != nil })
}

// complete writes out what the source says in short: the tag, what the route needs, and the errors.
func (p *part) complete(operation *yaml.Node, need endpoint.Needs, shared ordered[ordered[yaml.Node]]) error {
	set(operation, "tags", sequence(text(at(&p.Tag, "name").Value)))
	set(operation, "x-terrawarden-needs", text(need.String()))
	if need.IsPublic() {
		set(operation, "security", sequence())
	}
	refused := at(operation, "refused")
	if refused == nil {
		return nil
	}
	remove(operation, "refused")
	responses := at(operation, "responses")
	for _, status := range refused.Content {
		if !refuses(p.Components, p.Errors+status.Value) && !refuses(shared, p.Errors+status.Value) {
			return fmt.Errorf("there is no response %s%s", p.Errors, status.Value)
		}
		set(responses, status.Value, mapping("$ref", text("#/components/responses/"+p.Errors+status.Value)))
	}
	return nil
}

// refuses reports whether there is a response of a name among components.
func refuses(components ordered[ordered[yaml.Node]], name string) bool {
	responses, _ := components.Get("responses")
	_, ok := responses.Get(name)
	return ok
}

// join adds a path to the paths, or the operations of a path to those that are there.
func join(paths *yaml.Node, path string, item *yaml.Node) error {
	there := at(paths, path)
	if there == nil {
		set(paths, path, item)
		return nil
	}
	for name, value := range members(item) {
		if at(there, name) != nil {
			return fmt.Errorf("%s has %s twice", path, name)
		}
		set(there, name, value)
	}
	return nil
}
