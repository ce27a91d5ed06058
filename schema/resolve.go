package schema

import (
	"fmt"
	"slices"
	"strings"
)

// PatternError reports role input that names no permission a role may contain.
type PatternError struct {
	Pattern string
	Reason  string
}

func (e *PatternError) Error() string { return fmt.Sprintf("permission %q %s", e.Pattern, e.Reason) }

// Canonical returns the spelling under which a role keeps a permission or wildcard: "type.name", "type.*", "*",
// or "infra0:<prefix>.*". Input may be in another system's words and may write ":" for "." (DECISIONS N3).
// The error is a *PatternError.
func Canonical(input string) (string, error) {
	atoms, canonical, reason := match(input)
	if len(atoms) == 0 {
		if reason == "" {
			reason = "is unknown"
		}
		return "", &PatternError{Pattern: input, Reason: reason}
	}
	return canonical, nil
}

// Expand returns the atoms that patterns name, before implications, sorted. Unknown patterns give nothing:
// they were refused when the role was written.
func Expand(patterns []string) []Permission {
	var out []Permission
	for _, p := range patterns {
		atoms, _, _ := match(p)
		out = append(out, atoms...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func match(input string) (atoms []Permission, canonical, reason string) {
	if input == "*" {
		return Atoms(), "*", ""
	}
	if system, name, ok := strings.Cut(input, ":"); ok && slices.Contains([]System{TFE, OTF, Terrakube, Infra0}, System(system)) {
		return matchForeign(System(system), spelling(System(system), name))
	}
	dotted := strings.ReplaceAll(input, ":", ".")
	if typeName, ok := strings.CutSuffix(dotted, ".*"); ok && IsScope(typeName) {
		return atomsOf(func(e Entry) bool { return e.Permission.Type() == typeName }), dotted, ""
	}
	if e, ok := Lookup(Permission(dotted)); ok {
		if e.Kind == Derived {
			return nil, "", "follows from other permissions and cannot be assigned"
		}
		return []Permission{e.Permission}, dotted, ""
	}
	return matchForeign(Infra0, dotted)
}

// spelling returns a system's word as the vocabulary writes it. infra0 says "resource:action" and writes
// "resource.action", so for its words, as for ours, the two are the same (DECISIONS N3).
func spelling(system System, name string) string {
	if system == Infra0 {
		return strings.ReplaceAll(name, ":", ".")
	}
	return name
}

func matchForeign(system System, name string) (atoms []Permission, canonical, reason string) {
	if prefix, ok := strings.CutSuffix(name, "*"); ok && strings.HasSuffix(prefix, ".") {
		atoms = atomsOf(func(e Entry) bool {
			return slices.ContainsFunc(e.names[system], func(n string) bool { return strings.HasPrefix(n, prefix) })
		})
		return atoms, string(system) + ":" + name, ""
	}
	if system == Infra0 && name == "*" { // the wildcard of its Admin (DECISIONS N9)
		return Atoms(), "*", ""
	}
	atoms = atomsOf(func(e Entry) bool { return slices.Contains(e.names[system], name) })
	switch len(atoms) {
	case 0:
		return nil, "", ""
	case 1:
		return atoms, string(atoms[0]), ""
	}
	return nil, "", fmt.Sprintf("means several permissions, write one of %v", atoms)
}

func atomsOf(keep func(Entry) bool) []Permission {
	var out []Permission
	for _, e := range tables().entries {
		if e.Kind == Atom && keep(e) {
			out = append(out, e.Permission)
		}
	}
	return out
}
