package resource

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/terrawarden/terrawarden/internal/httpapi/scim/filter"
)

// MaxOperations is how many operations a PATCH may have.
const MaxOperations = 20_000

// operation is what a PATCH does to a target.
type operation string

const (
	add     operation = "add"
	remove  operation = "remove"
	replace operation = "replace"
)

// Patch returns what the operations of a PATCH body make of a resource (RFC 7644 section 3.5.2). They are applied in order,
// all or none; current, which must be as Read, Complete or Patch returned it, is never changed, though the result may share
// parts of it. Errors are *Error, with the place of the operation in the detail.
//
// A remove with a value takes exactly the values it names, never all; Strict refuses it. Paths into schemas that are not
// known are ignored unless Strict; unknown attributes of known schemas are refused in a path, and ignored in a value
// without path unless Strict.
func Patch(kind Kind, current Resource, body []byte, profile Profile) (after Resource, effect Effect, err error) {
	operations, err := readOperations(body, profile)
	if err != nil {
		return nil, Effect{}, err
	}
	p := newPatch(kind, current, profile)
	for i, o := range operations {
		if err := p.operate(o); err != nil {
			return nil, Effect{}, atOperation(err, i+1)
		}
	}
	after = p.result()
	effect = Effect{Attributes: differences(current, after)}
	if p.roster != nil {
		effect.countMembers(p.roster)
	}
	return after, effect, nil
}

// atOperation says which operation an error is about.
func atOperation(err error, number int) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return NewError(e.Status, e.ScimType, "operation %d: %s", number, e.Detail)
	}
	return fmt.Errorf("operation %d: %w", number, err)
}

// readOperations returns the operations of a body.
func readOperations(body []byte, profile Profile) ([]object, error) {
	o, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	if profile.strict() {
		if err := checkSchemas(o, PatchSchema); err != nil {
			return nil, err
		}
	}
	raw, _ := o.get("Operations")
	list, ok := raw.([]any)
	if one, isOne := raw.(object); isOne && !profile.strict() {
		list, ok = []any{one}, true
	}
	switch {
	case !ok || len(list) == 0:
		return nil, bad(InvalidSyntax, "Operations must be a list of one operation at least")
	case len(list) > MaxOperations:
		return nil, NewError(http.StatusRequestEntityTooLarge, TooMany, "at most %d operations are taken", MaxOperations)
	}
	operations := make([]object, len(list))
	for i, element := range list {
		if operations[i], ok = element.(object); !ok {
			return nil, bad(InvalidSyntax, "operation %d: it must be an object", i+1)
		}
	}
	return operations, nil
}

// patch is a resource while it changes.
type patch struct {
	coercion
	layout  *layout
	after   Resource // a copy, but for the members
	roster  *roster  // the members, once they are touched
	reading bool     // a whole resource: what is read-only is ignored
}

func newPatch(kind Kind, current Resource, profile Profile) *patch {
	p := &patch{coercion: coercion{profile}, layout: layoutOf(kind), after: make(Resource, len(current))}
	for name, v := range current {
		if name != membersName {
			v = clone(v)
		}
		p.after[name] = v
	}
	return p
}

// clone copies a value and all in it.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = clone(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = clone(element)
		}
		return out
	}
	return v
}

// result returns the resource with what is empty left out.
func (p *patch) result() Resource {
	if p.roster != nil {
		put(p.after, membersName, p.roster.members())
	} else if list, ok := p.after[membersName]; ok {
		put(p.after, membersName, elementsOf(list))
	}
	for _, extension := range p.layout.extensions {
		if m, ok := p.after[extension.Name].(map[string]any); ok && len(m) == 0 {
			delete(p.after, extension.Name)
		}
	}
	p.after["schemas"] = p.layout.listed(p.after)
	return p.after
}

// put sets a list, or deletes it where it is empty.
func put(container map[string]any, name string, list []any) {
	if len(list) == 0 {
		delete(container, name)
		return
	}
	container[name] = list
}

// operate applies one operation.
func (p *patch) operate(o object) error {
	raw, _ := o.get("op")
	text, _ := raw.(string)
	op := operation(strings.ToLower(text))
	switch op {
	case add, remove, replace:
	default:
		return bad(InvalidSyntax, "op must be add, remove or replace")
	}
	value, given := o.get("value")
	if op != remove && !given {
		return bad(InvalidValue, "%s needs a value", op)
	}
	raw, _ = o.get("path")
	path, isText := raw.(string)
	switch {
	case raw != nil && !isText:
		return bad(InvalidPath, "path must be a string")
	case path == "" && op == remove:
		return bad(NoTarget, "remove needs a path")
	case path == "" && isText && p.profile.strict():
		return bad(InvalidPath, "path is empty")
	case path == "":
		return p.pathless(op, value)
	}
	parsed, err := filter.ParsePath(path)
	if err != nil {
		return parseError(err)
	}
	t, ok := p.layout.resolve(parsed.Attribute)
	if !ok {
		return p.unresolved(parsed)
	}
	if t.isReadOnly() {
		return bad(Mutability, "%s cannot be changed by clients", parsed)
	}
	return p.apply(change{op: op, target: t, path: parsed, value: value, valued: value != nil || given && p.profile.strict()})
}

// unresolved answers a path that names nothing.
func (p *patch) unresolved(path filter.Path) error {
	if path.URN != "" && !p.layout.knows(path.URN) && !p.layout.knows(path.URN+":"+path.Name) && !p.profile.strict() {
		return nil
	}
	return bad(InvalidPath, "there is no attribute %s", path.Attribute)
}

// isReadOnly reports whether no client may change a target.
func (t target) isReadOnly() bool {
	return t.attribute != nil && t.attribute.Mutability == readOnly || t.sub != nil && t.sub.Mutability == readOnly
}

// pathless applies an operation to each member of its value.
func (p *patch) pathless(op operation, value any) error {
	if !p.profile.strict() {
		if text, ok := value.(string); ok {
			o, err := decodeObject([]byte(text)) // JSON within a string
			if err != nil {
				return bad(InvalidValue, "without a path the value must be an object of attributes")
			}
			value = o
		}
		if list, ok := value.([]any); ok {
			return p.eachPathless(op, list)
		}
	}
	o, ok := value.(object)
	if !ok {
		return bad(InvalidValue, "without a path the value must be an object of attributes")
	}
	return p.members(op, o)
}

func (p *patch) eachPathless(op operation, list []any) error {
	for _, element := range list {
		o, ok := element.(object)
		if !ok {
			return bad(InvalidValue, "without a path the value must be an object of attributes")
		}
		if err := p.members(op, o); err != nil {
			return err
		}
	}
	return nil
}

// members applies an operation to each member of an object of attributes.
func (p *patch) members(op operation, o object) error {
	if name := o.twice(); name != "" && p.profile.strict() {
		return bad(InvalidSyntax, "%s is given twice", name)
	}
	for _, m := range o {
		if err := p.member(op, m); err != nil {
			return err
		}
	}
	return nil
}

// member applies an operation to the attribute that a member's name is: a plain name, an extension's URN, or a path, which
// some clients send.
func (p *patch) member(op operation, m member) error {
	path, _ := filter.ParsePath(m.name) // what is no path names nothing
	t, known := p.layout.resolve(path.Attribute)
	plainName := path.Filter == nil && t.sub == nil && (path.URN == "" || t.attribute == nil)
	switch {
	case p.profile.strict() && (!known || !plainName) && p.reading:
		return bad(InvalidSyntax, "there is no attribute %q", m.name)
	case p.profile.strict() && (!known || !plainName):
		return bad(InvalidPath, "there is no attribute %q", m.name)
	case !known:
		return nil
	case t.isReadOnly():
		return p.echoed(t, m.value)
	}
	return p.apply(change{op: op, target: t, path: path, value: m.value, valued: m.value != nil})
}

// echoed ignores what a client sends back as it read it. Another id is a mistake that must not pass.
func (p *patch) echoed(t target, value any) error {
	if p.reading {
		return nil
	}
	id := t.attribute.Name == "id"
	if id && p.after["id"] != nil && value != p.after["id"] {
		return bad(Mutability, "the id is another one than that of the resource")
	}
	if !id && t.attribute.Name != "schemas" && p.profile.strict() {
		return bad(Mutability, "%s cannot be changed by clients", t.attribute.Name)
	}
	return nil
}
