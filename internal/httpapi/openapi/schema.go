package openapi

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// schema is a JSON schema, as far as the page shows it.
type schema struct {
	Ref         string `yaml:"$ref"`
	Type        yaml.Node
	Format      string
	Description string
	Enum        []string
	Const       string
	Default     string
	Minimum     *int
	Maximum     *int
	MaxItems    *int `yaml:"maxItems"`
	MaxLength   *int `yaml:"maxLength"`
	Required    []string
	Properties  ordered[*schema]
	Items       *schema
	OneOf       []*schema `yaml:"oneOf"`
	Example     yaml.Node
}

// Name returns the name of the schema that this one refers to, "" where it is none's.
func (s *schema) Name() string { return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:] }

// Row is a member of an object as the page shows it: a line of a table.
type Row struct {
	Name     string
	Type     *schema
	Required bool
}

// Rows returns the members of an object and of the objects in it, by their paths: data.attributes.name. Where a schema of
// a name begins, its members are on their own.
func (s *schema) Rows() []Row { return s.rows("") }

func (s *schema) rows(prefix string) []Row {
	var out []Row
	for _, p := range s.Properties {
		name := prefix + p.Key
		out = append(out, Row{Name: name, Type: p.Value, Required: slices.Contains(s.Required, p.Key)})
		switch inner := p.Value; {
		case inner.Items != nil:
			out = append(out, inner.Items.rows(name+"[].")...)
		default:
			out = append(out, inner.rows(name+".")...)
		}
	}
	if len(s.Properties) == 0 && s.Items != nil {
		out = s.Items.rows(prefix + "[].")
	}
	return out
}

// Kind returns the type in a word or two, without what it refers to.
func (s *schema) Kind() string {
	var names []string
	switch s.Type.Kind {
	case yaml.SequenceNode:
		for _, n := range s.Type.Content {
			names = append(names, n.Value)
		}
	case yaml.ScalarNode:
		names = []string{s.Type.Value}
	}
	if len(names) > 2 {
		return "any"
	}
	kind := strings.Join(names, " or ")
	if s.Format != "" {
		kind += " (" + s.Format + ")"
	}
	return kind
}

// Limits returns what is further said of a value: the values it may have, its bounds, its default.
func (s *schema) Limits() []string {
	var out []string
	if s.Const != "" {
		out = append(out, s.Const)
	}
	if len(s.Enum) > 0 {
		out = append(out, "one of "+strings.Join(s.Enum, ", "))
	}
	for name, limit := range map[string]*int{"at least": s.Minimum, "at most": s.Maximum} {
		if limit != nil {
			out = append(out, fmt.Sprintf("%s %d", name, *limit))
		}
	}
	if s.MaxItems != nil {
		out = append(out, fmt.Sprintf("at most %d items", *s.MaxItems))
	}
	if s.MaxLength != nil {
		out = append(out, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	slices.Sort(out)
	if s.Default != "" {
		out = append(out, "default "+s.Default)
	}
	return out
}
