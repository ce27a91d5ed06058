package filter

import (
	"errors"
	"fmt"
)

// Match reports whether a filter is true of a resource, whose members have the names and types that its schema gives
// them. It changes nothing and may be called by many at once.
type Match func(resource map[string]any) bool

// Compile fits a filter to a schema. Errors are *Error: an attribute that the schema does not have, an operator that the
// attribute's type has not (booleans have no order), or a value of another type. Unless strict it also takes values
// without quotation marks, booleans as strings and numbers for strings.
func Compile(e Expression, s Schema, strict bool) (Match, error) {
	match, err := e.compile(compiler{schema: s, strict: strict})
	if _, ok := errors.AsType[*Error](err); err != nil && !ok {
		return nil, &Error{Offset: -1, Message: err.Error(), Filter: true}
	}
	return match, err
}

type compiler struct {
	schema Schema
	strict bool
}

func (c compiler) all(terms []Expression) ([]Match, error) {
	out := make([]Match, len(terms))
	for i, term := range terms {
		match, err := term.compile(c)
		if err != nil {
			return nil, err
		}
		out[i] = match
	}
	return out, nil
}

func (e And) compile(c compiler) (Match, error) {
	terms, err := c.all(e)
	return func(r map[string]any) bool {
		for _, match := range terms {
			if !match(r) {
				return false
			}
		}
		return true
	}, err
}

func (e Or) compile(c compiler) (Match, error) {
	terms, err := c.all(e)
	return func(r map[string]any) bool {
		for _, match := range terms {
			if match(r) {
				return true
			}
		}
		return false
	}, err
}

func (e Not) compile(c compiler) (Match, error) {
	inner, err := e.Inner.compile(c)
	return func(r map[string]any) bool { return !inner(r) }, err
}

func (e Element) compile(c compiler) (Match, error) {
	d, ok := c.schema.Find(e.Attribute)
	if !ok {
		return nil, unknown(e.Attribute)
	}
	elements, ok := c.schema.Elements(e.Attribute)
	if !ok {
		return nil, fmt.Errorf("%s has no values to choose from", e.Attribute)
	}
	inner, err := e.Inner.compile(compiler{schema: elements, strict: c.strict})
	return func(r map[string]any) bool {
		return visit(r, d.Keys, func(v any) bool {
			switch v := v.(type) {
			case nil:
				return false
			case map[string]any:
				return inner(v)
			}
			return inner(map[string]any{"value": v})
		})
	}, err
}

func (e Comparison) compile(c compiler) (Match, error) {
	a := e.Attribute
	d, ok := c.schema.Find(a)
	if !ok {
		return nil, unknown(a)
	}
	if d.Type == TypeComplex && e.Operator != Present && e.Value.Kind != Null {
		// The value of a complex attribute is its sub-attribute of that name (RFC 7643 section 2.4).
		if a.Sub == "" {
			a.Sub = "value"
			d, ok = c.schema.Find(a)
		}
		if !ok || d.Type == TypeComplex {
			return nil, fmt.Errorf("%s has parts and cannot be compared as a whole", e.Attribute)
		}
	}
	holds, err := test(e, d, c.strict)
	return func(r map[string]any) bool { return visit(r, d.Keys, holds) }, err
}

func unknown(a Attribute) error { return fmt.Errorf("there is no attribute %s", a) }

// visit calls a function with what is below keys, for each value of the multi-valued, nil where there is nothing, until
// it returns true.
func visit(v any, keys []string, holds func(any) bool) bool {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if visit(element, keys, holds) {
				return true
			}
		}
		return len(v) == 0 && holds(nil)
	case map[string]any:
		if len(keys) > 0 {
			return visit(v[keys[0]], keys[1:], holds)
		}
	default:
		if len(keys) > 0 {
			return holds(nil)
		}
	}
	return holds(v)
}
