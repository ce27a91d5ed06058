package filter

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Operator compares an attribute.
type Operator string

// The operators, as they are written back.
const (
	Equal          Operator = "eq"
	NotEqual       Operator = "ne"
	Contains       Operator = "co"
	StartsWith     Operator = "sw"
	EndsWith       Operator = "ew"
	Present        Operator = "pr"
	Greater        Operator = "gt"
	GreaterOrEqual Operator = "ge"
	Less           Operator = "lt"
	LessOrEqual    Operator = "le"
)

// Attribute names an attribute: of the schema URN, "" for the resource's own, and perhaps a sub-attribute of it. All
// three are as they were written; names are compared in any case.
type Attribute struct{ URN, Name, Sub string }

// String returns the attribute as it is written in a filter.
func (a Attribute) String() string {
	text := a.Name
	if a.URN != "" {
		text = a.URN + ":" + text
	}
	if a.Sub != "" {
		text += "." + a.Sub
	}
	return text
}

// canonical returns the attribute in lower case, without the URN of a core schema.
func (a Attribute) canonical() string {
	if strings.HasPrefix(strings.ToLower(a.URN), corePrefix) {
		a.URN = ""
	}
	return strings.ToLower(a.String())
}

const corePrefix = "urn:ietf:params:scim:schemas:core:2.0:"

// ValueKind is what a value was written as.
type ValueKind int

// The kinds of values.
const (
	Text ValueKind = iota
	Number
	Boolean
	Null
)

// Value is what an attribute is compared with. Text is the string itself, the digits of a number, "true" or "false".
type Value struct {
	Kind ValueKind
	Text string
	// Bare is a string without quotation marks, or a boolean in capitals. The grammar has neither, clients do.
	Bare bool
}

// String returns the value as the grammar wants it.
func (v Value) String() string {
	switch v.Kind {
	case Text:
		quoted, err := jsontext.AppendQuote(nil, v.Text)
		if err != nil { // not UTF-8, which the parser lets no value be
			return `""`
		}
		return string(quoted)
	case Number, Boolean:
		return v.Text
	case Null:
		return "null"
	}
	return "null"
}

// Expression is a filter as it was written: a Comparison, Element, Not, And or Or.
type Expression interface {
	// String returns the filter in its shortest usual form; it parses to an equal expression.
	String() string
	// Equality reports whether the filter is one plain `attribute eq "value"`, so that an index can answer it. The
	// attribute is in lower case and without the URN of a core schema: "username", "emails.value".
	Equality() (attribute, value string, ok bool)

	compile(c compiler) (Match, error)
}

// Comparison compares an attribute; Present has no value.
type Comparison struct {
	Attribute Attribute
	Operator  Operator
	Value     Value
}

// Element asks for one value of a multi-valued attribute that an expression about its sub-attributes is true of.
type Element struct {
	Attribute Attribute
	Inner     Expression
}

// Not is true where the expression is not.
type Not struct{ Inner Expression }

// And is true where all of two or more expressions are.
type And []Expression

// Or is true where one of two or more expressions is.
type Or []Expression

func (e Comparison) String() string {
	if e.Operator == Present {
		return fmt.Sprintf("%s pr", e.Attribute)
	}
	return fmt.Sprintf("%s %s %s", e.Attribute, e.Operator, e.Value)
}

func (e Element) String() string { return fmt.Sprintf("%s[%s]", e.Attribute, e.Inner) }

func (e Not) String() string { return fmt.Sprintf("not (%s)", e.Inner) }

func (e And) String() string {
	terms := make([]string, len(e))
	for i, term := range e {
		terms[i] = term.String()
		if _, ok := term.(Or); ok {
			terms[i] = "(" + terms[i] + ")"
		}
	}
	return strings.Join(terms, " and ")
}

func (e Or) String() string {
	terms := make([]string, len(e))
	for i, term := range e {
		terms[i] = term.String()
	}
	return strings.Join(terms, " or ")
}

// Equality is that of the interface.
func (e Comparison) Equality() (attribute, value string, ok bool) {
	if e.Operator != Equal || e.Value.Kind != Text {
		return "", "", false
	}
	return e.Attribute.canonical(), e.Value.Text, true
}

// Equality is that of the interface: `emails[value eq "x"]` is one of "emails.value".
func (e Element) Equality() (attribute, value string, ok bool) {
	inner, value, ok := e.Inner.Equality()
	if !ok {
		return "", "", false
	}
	return e.Attribute.canonical() + "." + inner, value, true
}

// Equality is that of the interface: none.
func (e Not) Equality() (attribute, value string, ok bool) { return "", "", false }

// Equality is that of the interface: none.
func (e And) Equality() (attribute, value string, ok bool) { return "", "", false }

// Equality is that of the interface: none.
func (e Or) Equality() (attribute, value string, ok bool) { return "", "", false }
