package rsql

import (
	"strings"
	"unicode/utf8"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// What a filter may be at most, so that reading one and matching rows with it costs little.
const (
	maxLength      = 8 << 10
	maxDepth       = 32
	maxComparisons = 200
	maxArguments   = 1000
)

// Expression is a filter as it was written: a comparison, or all or any of some expressions.
type Expression struct {
	comparison *Comparison
	any        bool
	operands   []Expression
}

// Comparison is one comparison of a selector with arguments, as it was written.
type Comparison struct {
	Selector  string // "project.name"
	Operator  Operator
	Arguments []string
}

// Parse reads a filter. fault.Invalid says what is wrong and where.
func Parse(filter string) (Expression, error) {
	switch {
	case len(filter) > maxLength:
		return Expression{}, fault.New(fault.Invalid, "must not be longer than %d bytes", maxLength)
	case !utf8.ValidString(filter):
		return Expression{}, fault.New(fault.Invalid, "must be valid UTF-8")
	}
	p := &parser{text: filter}
	e, err := p.any(0)
	if err != nil {
		return Expression{}, err
	}
	if p.blanks(); p.at < len(p.text) {
		return Expression{}, p.unexpected("a comma, a semicolon or the end")
	}
	return e, nil
}

// Comparisons returns every comparison of the filter, in the order in which they are written.
func (e Expression) Comparisons() []Comparison {
	if e.comparison != nil {
		return []Comparison{*e.comparison}
	}
	var out []Comparison
	for _, o := range e.operands {
		out = append(out, o.Comparisons()...)
	}
	return out
}

// All returns the filter that selects what every one of some filters selects.
func All(filters ...Expression) Expression { return Expression{operands: filters} }

// parser reads a filter from the left to the right.
type parser struct {
	text        string
	at          int
	comparisons int
}

// any reads alternatives: they are separated by a comma, or the word or.
func (p *parser) any(depth int) (Expression, error) {
	return p.list(Expression{any: true}, ",", " or ", func() (Expression, error) {
		return p.list(Expression{}, ";", " and ", func() (Expression, error) { return p.constraint(depth) })
	})
}

// list reads one or more operands of into with a separator between them, and returns a single one as it is.
func (p *parser) list(into Expression, sign, word string, operand func() (Expression, error)) (Expression, error) {
	for {
		e, err := operand()
		if err != nil {
			return Expression{}, err
		}
		into.operands = append(into.operands, e)
		if !p.word(word) && !p.separator(sign) {
			break
		}
	}
	if len(into.operands) == 1 {
		return into.operands[0], nil
	}
	return into, nil
}

// constraint reads a group in parentheses or a comparison.
func (p *parser) constraint(depth int) (Expression, error) {
	p.blanks()
	if !p.sign("(") {
		return p.comparison()
	}
	if depth >= maxDepth {
		return Expression{}, fault.New(fault.Invalid, "must not be nested more than %d deep", maxDepth)
	}
	e, err := p.any(depth + 1)
	if err != nil {
		return Expression{}, err
	}
	p.blanks()
	if !p.sign(")") {
		return Expression{}, p.unexpected("a closing parenthesis")
	}
	return e, nil
}

func (p *parser) comparison() (Expression, error) {
	if p.comparisons++; p.comparisons > maxComparisons {
		return Expression{}, fault.New(fault.Invalid, "must not hold more than %d comparisons", maxComparisons)
	}
	selector := p.unquoted()
	if selector == "" {
		return Expression{}, p.unexpected("the name of an attribute")
	}
	p.blanks()
	operator, ok := p.operator()
	if !ok {
		return Expression{}, p.unexpected("an operator")
	}
	c := &Comparison{Selector: selector, Operator: operator}
	return Expression{comparison: c}, p.arguments(c)
}

// arguments reads one value, or several in parentheses where the operator takes several.
func (p *parser) arguments(c *Comparison) error {
	p.blanks()
	if !p.sign("(") {
		if err := p.argument(c); err != nil {
			return err
		}
		return c.Operator.check(len(c.Arguments))
	}
	for {
		if len(c.Arguments) == maxArguments {
			return fault.New(fault.Invalid, "must not list more than %d values", maxArguments)
		}
		p.blanks()
		if err := p.argument(c); err != nil {
			return err
		}
		p.blanks()
		switch {
		case p.sign(","):
		case p.sign(")"):
			return c.Operator.check(len(c.Arguments))
		default:
			return p.unexpected("a comma or a closing parenthesis")
		}
	}
}

func (p *parser) argument(c *Comparison) error {
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		value, ok := p.quoted()
		if !ok {
			return fault.New(fault.Invalid, "has a quotation mark that is not closed")
		}
		c.Arguments = append(c.Arguments, value)
		return nil
	}
	value := p.unquoted()
	if value == "" {
		return p.unexpected("a value")
	}
	c.Arguments = append(c.Arguments, value)
	return nil
}

// quoted reads text in quotation marks, in which a backslash stands before a character that is meant as such.
func (p *parser) quoted() (string, bool) {
	mark := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch ch := p.text[i]; {
		case ch == mark:
			p.at = i + 1
			return b.String(), true
		case ch == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(ch)
		}
	}
	return "", false
}

// reserved are the characters that unquoted text ends at.
const reserved = "\"'();,=!~<> \t\r\n"

func (p *parser) unquoted() string {
	rest := p.text[p.at:]
	if end := strings.IndexAny(rest, reserved); end >= 0 {
		rest = rest[:end]
	}
	p.at += len(rest)
	return rest
}

func (p *parser) sign(s string) bool {
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

// separator reads a sign that may have blanks before it, or nothing.
func (p *parser) separator(s string) bool {
	start := p.at
	if p.blanks(); p.sign(s) {
		return true
	}
	p.at = start
	return false
}

// word reads a separator that is a word with blanks around it.
func (p *parser) word(w string) bool {
	if len(p.text)-p.at < len(w) || !strings.EqualFold(p.text[p.at:p.at+len(w)], w) {
		return false
	}
	p.at += len(w)
	return true
}

func (p *parser) blanks() {
	for p.at < len(p.text) && strings.ContainsRune(" \t\r\n", rune(p.text[p.at])) {
		p.at++
	}
}

// operator reads the longest operator that stands here.
func (p *parser) operator() (Operator, bool) {
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, "=") {
		if end := strings.IndexByte(rest[1:], '='); end >= 0 {
			o, ok := named(rest[:end+2])
			if ok {
				p.at += end + 2
			}
			return o, ok
		}
		return 0, false
	}
	for _, s := range []string{"!=", "<=", ">=", "<", ">"} {
		if o, ok := named(s); ok && strings.HasPrefix(rest, s) {
			p.at += len(s)
			return o, true
		}
	}
	return 0, false
}

func (p *parser) unexpected(wanted string) error {
	if p.at >= len(p.text) {
		return fault.New(fault.Invalid, "ends where %s is expected", wanted)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return fault.New(fault.Invalid, "has %q at character %d, where %s is expected", r, utf8.RuneCountInString(p.text[:p.at])+1, wanted)
}

// Required returns the one value that every row the filter selects has for a selector, if the filter says so: by == alone,
// or together with others that must hold as well.
func (e Expression) Required(selector string) (string, bool) {
	if c := e.comparison; c != nil {
		if c.Selector == selector && c.Operator == Equal {
			return c.Arguments[0], true
		}
		return "", false
	}
	for _, o := range e.operands {
		if value, ok := o.Required(selector); ok && (!e.any || len(e.operands) == 1) {
			return value, true
		}
	}
	return "", false
}
