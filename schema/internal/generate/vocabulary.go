package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

type vocabulary struct {
	Sets  map[string][]string `yaml:"sets"`
	Types []*typeDef          `yaml:"types"`

	byName map[string]*typeDef
}

type typeDef struct {
	Name        string       `yaml:"name"`
	Doc         string       `yaml:"doc"`
	Parent      string       `yaml:"parent"`
	Relations   []relation   `yaml:"relations"`
	Permissions []permission `yaml:"permissions"`
	Helpers     []permission `yaml:"helpers"`
}

type relation struct {
	Name     string   `yaml:"name"`
	Subjects []string `yaml:"subjects"`
	Doc      string   `yaml:"doc"`
}

type permission struct {
	Name      string   `yaml:"name"`
	Kind      string   `yaml:"kind"`
	Expr      string   `yaml:"expr"`
	Extra     string   `yaml:"extra"`
	Doc       string   `yaml:"doc"`
	OwnerOnly bool     `yaml:"owner_only"`
	Implies   []string `yaml:"implies"`
	TFE       []string `yaml:"tfe"`
	OTF       []string `yaml:"otf"`
	Terrakube []string `yaml:"terrakube"`
	Infra0    []string `yaml:"infra0"`
}

func (p permission) atom() bool { return p.Kind == "" || p.Kind == "atom" }

// internal permissions have a Go name and a place in the schema, and are no part of the vocabulary.
func (p permission) internal() bool { return p.Kind == "internal" }

type role struct {
	Name        string   `yaml:"name"`
	Doc         string   `yaml:"doc"`
	System      bool     `yaml:"system"`
	Scopes      []string `yaml:"scopes"`
	Permissions []string `yaml:"permissions"`
	Except      []string `yaml:"except"`
}

func load(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func loadRoles(path string) ([]role, error) {
	var roles []role
	return roles, load(path, &roles)
}

func loadVocabulary(path string) (*vocabulary, error) {
	v := &vocabulary{byName: map[string]*typeDef{}}
	if err := load(path, v); err != nil {
		return nil, err
	}
	for _, t := range v.Types {
		v.byName[t.Name] = t
	}
	for _, t := range v.Types {
		for i, p := range t.Permissions {
			if p.Doc == "" {
				return nil, fmt.Errorf("%s.%s has no doc", t.Name, p.Name)
			}
			implies, err := v.implies(t, p)
			if err != nil {
				return nil, err
			}
			t.Permissions[i].Implies = implies
		}
	}
	return v, nil
}

// implies resolves sets and wildcards, and adds that every atom of a type reads that type.
func (v *vocabulary) implies(t *typeDef, p permission) ([]string, error) {
	var out []string
	for _, pattern := range p.Implies {
		atoms, err := v.expand(pattern)
		if err != nil {
			return nil, fmt.Errorf("%s.%s implies: %w", t.Name, p.Name, err)
		}
		out = append(out, atoms...)
	}
	if p.atom() {
		for _, base := range []string{"read", "view"} {
			if p.Name != base && t.has(base) {
				out = append(out, t.Name+"."+base)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (v *vocabulary) expand(pattern string) ([]string, error) {
	if set, ok := strings.CutPrefix(pattern, "@"); ok {
		members, known := v.Sets[set]
		if !known {
			return nil, fmt.Errorf("unknown set %q", set)
		}
		var out []string
		for _, m := range members {
			atoms, err := v.expand(m)
			if err != nil {
				return nil, err
			}
			out = append(out, atoms...)
		}
		return out, nil
	}
	typeName, name, _ := strings.Cut(pattern, ".")
	t := v.byName[typeName]
	if t == nil {
		return nil, fmt.Errorf("unknown type in %q", pattern)
	}
	var out []string
	for _, p := range t.Permissions {
		if p.atom() && (name == "*" || name == p.Name) {
			out = append(out, t.Name+"."+p.Name)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("unknown atom %q", pattern)
	}
	return out, nil
}

func (t *typeDef) has(name string) bool {
	return slices.ContainsFunc(t.Permissions, func(p permission) bool { return p.Name == name })
}

// children returns the types right below t.
func (v *vocabulary) children(t *typeDef) []*typeDef {
	var out []*typeDef
	for _, c := range v.Types {
		if c.Parent == t.Name {
			out = append(out, c)
		}
	}
	return out
}

// inherited returns the atoms of every type below t, as (type, atom) pairs in the order of the file.
func (v *vocabulary) inherited(t *typeDef) []atomRef {
	var out []atomRef
	for _, c := range v.children(t) {
		for _, p := range c.Permissions {
			if p.atom() {
				out = append(out, atomRef{c.Name, p})
			}
		}
		out = append(out, v.inherited(c)...)
	}
	return out
}

type atomRef struct {
	Type string
	permission
}

func (a atomRef) qualified() string { return a.Type + "_" + a.Name }

// atoms returns every atom of the vocabulary.
func (v *vocabulary) atoms() []atomRef {
	var out []atomRef
	for _, t := range v.Types {
		for _, p := range t.Permissions {
			if t.scope() && p.atom() {
				out = append(out, atomRef{t.Name, p})
			}
		}
	}
	return out
}

// scope reports whether bindings can hang on the type.
func (t *typeDef) scope() bool {
	return slices.ContainsFunc(t.Relations, func(r relation) bool { return r.Name == "binding" })
}
