package filter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// test returns a function that compares one value, nil for none, as a comparison and the attribute's type want it.
func test(e Comparison, d Definition, strict bool) (func(any) bool, error) {
	if e.Operator == Present {
		return present, nil
	}
	if strict && e.Value.Bare {
		return nil, fmt.Errorf("%s stands without quotation marks or in capitals", e.Value.Text)
	}
	if e.Value.Kind == Null {
		return testNull(e)
	}
	var equal func(any) bool
	var order func(any) (int, bool)
	var err error
	switch d.Type {
	case TypeBoolean:
		equal, err = sameBoolean(e.Value, strict)
		if err == nil && e.Operator != Equal && e.Operator != NotEqual {
			err = fmt.Errorf("%s is a boolean, which has eq, ne and pr alone", e.Attribute)
		}
	case TypeDecimal, TypeInteger:
		order, err = orderNumbers(e.Value, strict)
	case TypeDateTime:
		order, err = orderTimes(e)
	case TypeString, TypeReference, TypeBinary, TypeComplex:
		return testText(e, d, strict)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e, err)
	}
	if order == nil {
		return polarity(e.Operator, equal), nil
	}
	return testOrder(e, order)
}

// polarity turns an equality into what eq or ne ask. What is absent differs from every value.
func polarity(op Operator, equal func(any) bool) func(any) bool {
	if op == NotEqual {
		return func(v any) bool { return !equal(v) }
	}
	return equal
}

// present reports whether a value is there and not empty (RFC 7644 table 3).
func present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		for _, element := range v {
			if present(element) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, member := range v {
			if present(member) {
				return true
			}
		}
		return false
	}
	return true
}

func testNull(e Comparison) (func(any) bool, error) {
	if e.Operator != Equal && e.Operator != NotEqual {
		return nil, fmt.Errorf("%s: null has eq and ne alone", e)
	}
	return polarity(e.Operator, func(v any) bool { return !present(v) }), nil
}

func sameBoolean(want Value, strict bool) (func(any) bool, error) {
	text := want.Text
	if want.Kind == Text && !strict {
		text = strings.ToLower(text)
	} else if want.Kind != Boolean {
		text = ""
	}
	if text != "true" && text != "false" {
		return nil, fmt.Errorf("true or false was expected")
	}
	return func(v any) bool {
		b, ok := v.(bool)
		return ok && b == (text == "true")
	}, nil
}

func orderNumbers(want Value, strict bool) (func(any) (int, bool), error) {
	if want.Kind == Boolean || strict && want.Kind != Number {
		return nil, fmt.Errorf("a number was expected")
	}
	limit, ok := number(json.Number(want.Text))
	if !ok {
		return nil, fmt.Errorf("a number was expected")
	}
	return func(v any) (int, bool) {
		n, ok := number(v)
		return cmp.Compare(n, limit), ok
	}, nil
}

// number reads a number of any kind that JSON is read into.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseFloat(string(v), 64)
		return n, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func orderTimes(e Comparison) (func(any) (int, bool), error) {
	if e.Value.Kind == Text && (e.Operator == Contains || e.Operator == StartsWith || e.Operator == EndsWith) {
		return nil, fmt.Errorf("a time has no parts of a string")
	}
	limit, ok := Time(e.Value.Text)
	if !ok {
		return nil, fmt.Errorf("a time was expected, like 2026-01-31T12:00:00Z")
	}
	return func(v any) (int, bool) {
		text, _ := v.(string)
		at, ok := Time(text)
		return at.Compare(limit), ok
	}, nil
}

// Time reads a dateTime (XML Schema, section 3.3.7): RFC 3339, and one without a zone, which is UTC.
func Time(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// testOrder answers the operators that an order has.
func testOrder(e Comparison, order func(any) (int, bool)) (func(any) bool, error) {
	var holds func(int) bool
	switch e.Operator {
	case Equal, NotEqual:
		return polarity(e.Operator, func(v any) bool { c, ok := order(v); return ok && c == 0 }), nil
	case Greater:
		holds = func(c int) bool { return c > 0 }
	case GreaterOrEqual:
		holds = func(c int) bool { return c >= 0 }
	case Less:
		holds = func(c int) bool { return c < 0 }
	case LessOrEqual:
		holds = func(c int) bool { return c <= 0 }
	case Contains, StartsWith, EndsWith, Present:
		return nil, fmt.Errorf("%s: %s is about strings alone", e, e.Operator)
	}
	return func(v any) bool { c, ok := order(v); return ok && holds(c) }, nil
}

func testText(e Comparison, d Definition, strict bool) (func(any) bool, error) {
	if e.Value.Kind != Text && strict {
		return nil, fmt.Errorf("%s: a string was expected", e)
	}
	fold := func(text string) string { return text }
	if !d.CaseExact {
		fold = Fold
	}
	want := fold(e.Value.Text)
	var holds func(string) bool
	switch e.Operator {
	case Equal, NotEqual:
		return polarity(e.Operator, func(v any) bool { text, ok := v.(string); return ok && fold(text) == want }), nil
	case Contains:
		holds = func(text string) bool { return strings.Contains(text, want) }
	case StartsWith:
		holds = func(text string) bool { return strings.HasPrefix(text, want) }
	case EndsWith:
		holds = func(text string) bool { return strings.HasSuffix(text, want) }
	case Greater, GreaterOrEqual, Less, LessOrEqual:
		if d.Type == TypeBinary {
			return nil, fmt.Errorf("%s: what is binary has no order", e)
		}
		order := func(v any) (int, bool) { text, ok := v.(string); return strings.Compare(fold(text), want), ok }
		return testOrder(e, order)
	case Present:
		return present, nil
	}
	return func(v any) bool { text, ok := v.(string); return ok && holds(fold(text)) }, nil
}

// Fold makes texts equal that differ in case alone, as strings.EqualFold has it.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && r != 'k' && r != 's' && r != 'K' && r != 'S' {
			return unicode.ToLower(r)
		}
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if least <= unicode.MaxASCII {
			return unicode.ToLower(least)
		}
		return least
	}, text)
}
