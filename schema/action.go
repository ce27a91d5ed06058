package schema

import (
	"strings"
	"sync"
)

// action is what a check asks for: an action name on a type of object.
type action struct{ objectType, name string }

// actions is the index behind Resolve. Whatever a caller may write is in it, so that a check, which resolves a name
// each time, does not walk the vocabulary. Of two meanings the one that was put first counts.
//
//nolint:gochecknoglobals // an immutable table, built on first use
var actions = sync.OnceValue(func() map[action]Permission {
	index := map[action]Permission{}
	put := func(objectType, name string, p Permission) {
		if _, taken := index[action{objectType, name}]; !taken {
			index[action{objectType, name}] = p
		}
	}
	all := meanings()
	for _, m := range all {
		if m.objectType == m.Permission.Type() {
			put(m.objectType, m.Permission.Name(), m.Permission)
		}
	}
	for _, m := range all {
		put(m.objectType, string(m.Permission), m.Permission)
		for system, names := range m.names {
			for _, name := range names {
				put(m.objectType, string(system)+":"+name, m.Permission)
			}
		}
	}
	return index
})

// meaning is a permission with a type it can be asked on.
type meaning struct {
	Entry
	objectType string
}

// meanings returns them, each permission's own type before those of the scopes above: a system's word means the
// nearest permission that bears it.
func meanings() []meaning {
	var own, above []meaning
	for _, e := range tables().entries {
		own = append(own, meaning{e, e.Permission.Type()})
		for _, scope := range Ancestors(e.Permission.Type()) {
			if e.Permission.On(scope) != "" {
				above = append(above, meaning{e, scope})
			}
		}
	}
	return append(own, above...)
}

// Resolve finds the permission that an action name means on an object of a type: its plain name
// ("apply_run"), a dotted one ("workspace.apply_run", also asked on a scope above), or one in another system's words
// ("otf:run:apply").
func Resolve(objectType, name string) (Permission, bool) {
	index := actions()
	if p, ok := index[action{objectType, name}]; ok {
		return p, true
	}
	system, word, foreign := strings.Cut(name, ":")
	if !foreign {
		return "", false
	}
	p, ok := index[action{objectType, system + ":" + spelling(System(system), word)}]
	return p, ok
}
