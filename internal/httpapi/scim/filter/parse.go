package filter

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What is read at most.
const (
	MaxLength = 10 << 10 // bytes of a filter or a path
	MaxDepth  = 50       // of parentheses and brackets
)

// Error says where and why a text is no filter or no path.
type Error struct {
	Offset  int // in bytes; -1 where no place is to blame
	Message string
	// Filter says that a filter is wrong, be it one in the brackets of a path; otherwise a path is.
	Filter bool
}

// Error returns the message with its place.
func (e *Error) Error() string {
	if e.Offset < 0 {
		return e.Message
	}
	return fmt.Sprintf("at byte %d: %s", e.Offset, e.Message)
}

// Parse reads a filter. It takes a little more than the grammar: values without quotation marks, booleans in capitals,
// more than one space, and a sub-attribute after brackets (`emails[type eq "work"].value eq "x"`). Errors are *Error.
func Parse(text string) (Expression, error) {
	p, err := begin(text)
	if err != nil {
		err.Filter = true
		return nil, err
	}
	p.filter = true
	p.space()
	e, wrong := p.or()
	if wrong != nil {
		return nil, wrong
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.wrong("an operator or the end was expected")
	}
	return e, nil
}

// parser reads a text from the left to the right.
type parser struct {
	text   string
	at     int
	depth  int
	inside bool // brackets
	filter bool // not the path around it
}

func begin(text string) (*parser, *Error) {
	switch {
	case len(text) > MaxLength:
		return nil, &Error{Offset: MaxLength, Message: fmt.Sprintf("at most %d bytes are read", MaxLength)}
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return nil, &Error{Offset: -1, Message: "the text is not UTF-8, or holds the character U+0000"}
	case strings.TrimSpace(text) == "":
		return nil, &Error{Message: "the text is empty"}
	}
	return &parser{text: text}, nil
}

func (p *parser) wrong(format string, args ...any) error {
	return &Error{Offset: p.at, Message: fmt.Sprintf(format, args...), Filter: p.filter}
}

func (p *parser) or() (Expression, error) {
	terms, err := p.chain("or", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	var or Or
	for _, term := range terms {
		if inner, ok := term.(Or); ok {
			or = append(or, inner...)
			continue
		}
		or = append(or, term)
	}
	return or, nil
}

func (p *parser) and() (Expression, error) {
	terms, err := p.chain("and", p.factor)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	var and And
	for _, term := range terms {
		if inner, ok := term.(And); ok {
			and = append(and, inner...)
			continue
		}
		and = append(and, term)
	}
	return and, nil
}

func first(terms []Expression) Expression {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

// chain reads terms with an operator between them.
func (p *parser) chain(operator string, term func() (Expression, error)) ([]Expression, error) {
	var terms []Expression
	for {
		e, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, e)
		before := p.at
		spaced := p.space()
		if !spaced || !strings.EqualFold(p.word(), operator) {
			p.at = before
			return terms, nil
		}
		if !p.space() {
			return nil, p.wrong("a space was expected after %q", operator)
		}
	}
}

func (p *parser) factor() (Expression, error) {
	if p.peek() == '(' {
		return p.group('(', ')')
	}
	before := p.at
	if strings.EqualFold(p.word(), "not") {
		if p.space(); p.peek() == '(' {
			inner, err := p.group('(', ')')
			return Not{Inner: inner}, err
		}
	}
	p.at = before
	return p.attributeExpression()
}

// group reads an expression between two marks.
func (p *parser) group(open, closed byte) (Expression, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, p.wrong("at most %d levels are read", MaxDepth)
	}
	p.at++ // open
	p.space()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); p.peek() != closed {
		return nil, p.wrong("%q has no %q", open, closed)
	}
	p.at++
	p.depth--
	return e, nil
}

func (p *parser) attributeExpression() (Expression, error) {
	a, err := p.attribute()
	if err != nil {
		return nil, err
	}
	if p.peek() == '[' {
		return p.element(a)
	}
	return p.comparison(a)
}

// element reads what follows the attribute of a value path. An operator after the brackets is about the same value.
func (p *parser) element(a Attribute) (Expression, error) {
	inner, err := p.brackets(a)
	if err != nil || p.peek() != '.' {
		return Element{Attribute: a, Inner: inner}, err
	}
	p.at++
	sub, err := p.attribute()
	if err != nil {
		return nil, err
	}
	if sub.URN != "" || sub.Sub != "" {
		return nil, p.wrong("a sub-attribute has no parts")
	}
	last, err := p.comparison(sub)
	if err != nil {
		return nil, err
	}
	if and, ok := inner.(And); ok {
		return Element{Attribute: a, Inner: append(and, last)}, nil
	}
	return Element{Attribute: a, Inner: And{inner, last}}, nil
}

// brackets reads the filter of a value path.
func (p *parser) brackets(a Attribute) (Expression, error) {
	switch {
	case p.inside:
		return nil, p.wrong("there are no brackets within brackets")
	case a.Sub != "":
		return nil, p.wrong("a sub-attribute has no brackets")
	}
	p.inside = true
	inner, err := p.group('[', ']')
	p.inside = false
	return inner, err
}

func (p *parser) comparison(a Attribute) (Expression, error) {
	if !p.space() {
		return nil, p.wrong("a space and an operator were expected")
	}
	begin := p.at
	operator := Operator(strings.ToLower(p.word()))
	switch operator {
	case Present:
		return Comparison{Attribute: a, Operator: Present}, nil
	case Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual:
	default:
		p.at = begin
		return nil, p.wrong("an operator was expected: eq, ne, co, sw, ew, pr, gt, ge, lt or le")
	}
	if !p.space() {
		return nil, p.wrong("a space and a value were expected")
	}
	v, err := p.value()
	return Comparison{Attribute: a, Operator: operator, Value: v}, err
}

func (p *parser) value() (Value, error) {
	if p.peek() == '"' {
		return p.quoted()
	}
	begin := p.at
	word := p.word()
	switch {
	case word == "" || strings.ContainsAny(word, `'"`):
		p.at = begin
		return Value{}, p.wrong("a value was expected")
	case strings.EqualFold(word, "true"), strings.EqualFold(word, "false"):
		return Value{Kind: Boolean, Text: strings.ToLower(word), Bare: word != strings.ToLower(word)}, nil
	case word == "null":
		return Value{Kind: Null}, nil
	case (word[0] == '-' || word[0] >= '0' && word[0] <= '9') && json.Valid([]byte(word)):
		return Value{Kind: Number, Text: word}, nil
	}
	return Value{Kind: Text, Text: word, Bare: true}, nil
}

func (p *parser) quoted() (Value, error) {
	end := p.at + 1
	for end < len(p.text) && p.text[end] != '"' {
		if p.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.text) {
		return Value{}, p.wrong("a quotation mark is not closed")
	}
	var text string
	if err := json.Unmarshal([]byte(p.text[p.at:end+1]), &text); err != nil {
		return Value{}, p.wrong("a string is written as in JSON")
	}
	if strings.ContainsRune(text, 0) { // which not every database can be asked for
		return Value{}, p.wrong("a string must not hold the character U+0000")
	}
	p.at = end + 1
	return Value{Kind: Text, Text: text}, nil
}

// attribute reads the name of an attribute.
func (p *parser) attribute() (Attribute, error) {
	begin := p.at
	a, ok := split(p.word())
	if !ok || p.inside && (a.URN != "" || a.Sub != "") {
		p.at = begin
		return Attribute{}, p.wrong("the name of an attribute was expected")
	}
	return a, nil
}

// split takes the name of an attribute apart: [urn:]name[.sub].
func split(word string) (Attribute, bool) {
	var a Attribute
	if i := strings.LastIndexByte(word, ':'); i >= 0 {
		a.URN, word = word[:i], word[i+1:]
		if !urn(a.URN) {
			return Attribute{}, false
		}
	}
	a.Name = word
	if name, sub, ok := strings.Cut(word, "."); ok {
		a.Name, a.Sub = name, sub
		if !nameLike(sub) {
			return Attribute{}, false
		}
	}
	return a, nameLike(a.Name)
}

// urn reports whether a text looks like a URN (RFC 8141): urn:, a namespace, and more.
func urn(text string) bool {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 || !strings.EqualFold(parts[0], "urn") || parts[1] == "" || parts[2] == "" {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\<>^{|}`+"`", r) })
}

// nameLike reports whether a text is a name: letters, digits, "-" and "_", a letter first. $ref is one.
func nameLike(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch letter := c|0x20 >= 'a' && c|0x20 <= 'z'; {
		case letter, c == '$' && i == 0 && len(text) > 1:
		case i > 0 && (c == '-' || c == '_' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return text != ""
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// space skips white space, and reports whether there was any.
func (p *parser) space() bool {
	begin := p.at
	for strings.IndexByte(" \t\r\n", p.peek()) >= 0 && p.at < len(p.text) {
		p.at++
	}
	return p.at > begin
}

// word reads up to white space, a parenthesis or a bracket. Other marks are for the caller to refuse.
func (p *parser) word() string {
	begin := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n()[]", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[begin:p.at]
}
