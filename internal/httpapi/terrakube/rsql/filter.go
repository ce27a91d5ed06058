package rsql

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Kind is the type of what a selector stands for.
type Kind int

// The kinds. Values of them are a string, a bool, an int64, a string in RFC 3339, and a string that is an id.
const (
	Text Kind = iota
	Flag
	Number
	Time
	Relation // ids of other objects; IsNull and IsEmpty ask whether there are any
)

// Selected says what a selector stands for.
type Selected struct {
	Kind Kind
	// Many says that there may be several values, or none.
	Many bool
	// Or is another selector that a text may stand for: == holds where it holds of either. "" is none.
	Or string
}

// Values returns what a row has for a selector. No value, or nil, is null.
type Values func(selector string) ([]any, error)

// Filter selects rows.
type Filter struct {
	compare  func(Values) (bool, error)
	any      bool
	operands []Filter
}

// Compile checks a filter against what its selectors stand for. fault.Invalid for a value that is not of the kind, or an
// operator that does not apply to it; errors of selected are returned as they are.
func (e Expression) Compile(selected func(selector string) (Selected, error)) (Filter, error) {
	if e.comparison != nil {
		s, err := selected(e.comparison.Selector)
		if err != nil {
			return Filter{}, err
		}
		compare, err := e.comparison.compile(s)
		return Filter{compare: compare}, err
	}
	f := Filter{any: e.any}
	for _, o := range e.operands {
		operand, err := o.Compile(selected)
		if err != nil {
			return Filter{}, err
		}
		f.operands = append(f.operands, operand)
	}
	return f, nil
}

// Match reports whether a filter selects the row with these values. The zero Filter selects every row.
func (f Filter) Match(values Values) (bool, error) {
	if f.compare != nil {
		return f.compare(values)
	}
	for _, o := range f.operands {
		ok, err := o.Match(values)
		if err != nil || ok == f.any {
			return ok, err
		}
	}
	return !f.any || len(f.operands) == 0, nil
}

// compile returns the comparison as a function of a row's values.
func (c *Comparison) compile(s Selected) (func(Values) (bool, error), error) {
	if c.Operator == IsNull || c.Operator == IsEmpty {
		return c.presence(s)
	}
	if !s.Many && (c.Operator == HasMember || c.Operator == HasNoMember) {
		return nil, c.inapplicable("a list")
	}
	holds, err := c.predicate(s.Kind)
	if err != nil {
		return nil, err
	}
	negative := c.Operator == HasNoMember
	return func(values Values) (bool, error) {
		all, err := values(c.Selector)
		if err != nil {
			return false, err
		}
		if s.Or != "" && c.Operator == Equal {
			others, err := values(s.Or)
			if err != nil {
				return false, err
			}
			all = append(slices.Clone(all), others...)
		}
		// As in the database, null is neither equal to anything nor different from it.
		some := slices.ContainsFunc(all, func(v any) bool { return v != nil && holds(v) })
		return some != negative, nil
	}, nil
}

// presence compiles =isnull= and =isempty=.
func (c *Comparison) presence(s Selected) (func(Values) (bool, error), error) {
	if c.Operator == IsEmpty && !s.Many {
		return nil, c.inapplicable("a list")
	}
	wanted, err := boolean(c.Arguments[0])
	if err != nil {
		return nil, c.wrong("true or false")
	}
	return func(values Values) (bool, error) {
		all, err := values(c.Selector)
		absent := !slices.ContainsFunc(all, func(v any) bool { return v != nil })
		return err == nil && absent == wanted, err
	}, nil
}

// predicate returns the comparison with one value that is not null.
func (c *Comparison) predicate(k Kind) (func(any) bool, error) {
	switch k {
	case Flag:
		return compiled(c, boolean, func(a, b bool) int { return cmp.Compare(digit(a), digit(b)) }, "true or false")
	case Number:
		return compiled(c, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }, cmp.Compare[int64], "a whole number")
	case Time:
		return c.times()
	case Text, Relation:
	}
	return c.texts()
}

// compiled compiles a comparison of values that have an order and no other way to be alike.
func compiled[T any](c *Comparison, parse func(string) (T, error), order func(a, b T) int, what string) (func(any) bool, error) {
	arguments := make([]T, len(c.Arguments))
	for i, text := range c.Arguments {
		v, err := parse(text)
		if err != nil {
			return nil, c.wrong(what)
		}
		arguments[i] = v
	}
	return func(v any) bool {
		value, ok := v.(T)
		return ok && decide(c.Operator, len(arguments), func(i int) int { return order(value, arguments[i]) })
	}, nil
}

// decide answers an operator from the order of a value and each of the arguments.
func decide(o Operator, n int, order func(i int) int) bool {
	equal := func() bool {
		for i := range n {
			if order(i) == 0 {
				return true
			}
		}
		return false
	}
	switch o {
	case NotEqual, NotIn, NotInFold:
		return !equal()
	case Less:
		return order(0) < 0
	case LessOrEqual:
		return order(0) <= 0
	case Greater:
		return order(0) > 0
	case GreaterOrEqual:
		return order(0) >= 0
	case Between:
		return order(0) >= 0 && order(1) <= 0
	case NotBetween:
		return order(0) < 0 || order(1) > 0
	case Equal, In, InFold, HasMember, HasNoMember, IsNull, IsEmpty:
	}
	return equal()
}

// times compiles a comparison of times. They are kept as text.
func (c *Comparison) times() (func(any) bool, error) {
	holds, err := compiled(c, instant, time.Time.Compare, "a time as in 2006-01-02T15:04:05Z, or a date")
	if err != nil {
		return nil, err
	}
	return func(v any) bool {
		text, _ := v.(string)
		t, err := instant(text)
		return err == nil && holds(t)
	}, nil
}

// texts compiles a comparison of texts. Case counts but in =ini= and =outi=; an asterisk at either end of what a value is
// compared with by == and != stands for anything.
func (c *Comparison) texts() (func(any) bool, error) {
	arguments := slices.Clone(c.Arguments)
	fold := c.Operator == InFold || c.Operator == NotInFold
	if fold {
		for i, a := range arguments {
			arguments[i] = strings.ToLower(a)
		}
	}
	wild := c.Operator == Equal || c.Operator == NotEqual
	return func(v any) bool {
		value, ok := v.(string)
		if fold {
			value = strings.ToLower(value)
		}
		return ok && decide(c.Operator, len(arguments), func(i int) int {
			if wild && alike(value, arguments[i]) {
				return 0
			}
			return strings.Compare(value, arguments[i])
		})
	}, nil
}

// alike reports whether a value is like a pattern with an asterisk at its beginning, its end, or both.
func alike(value, pattern string) bool {
	body, before := strings.CutPrefix(pattern, "*")
	body, behind := strings.CutSuffix(body, "*")
	switch {
	case before && behind:
		return strings.Contains(value, body)
	case before:
		return strings.HasSuffix(value, body)
	case behind:
		return strings.HasPrefix(value, body)
	}
	return false
}

func boolean(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

func digit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// instant reads a time as clients write it: with a zone, without one, or a date alone, both in UTC.
func instant(s string) (time.Time, error) {
	var t time.Time
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err = time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return t, err
}

func (c *Comparison) wrong(what string) error {
	return fault.New(fault.Invalid, "compares %s with %s, which must be %s", c.Selector, strings.Join(c.Arguments, ", "), what)
}

func (c *Comparison) inapplicable(to string) error {
	return fault.New(fault.Invalid, "uses %s on %s, which is not %s", c.Operator, c.Selector, to)
}

// CompareTimes orders two values of the kind Time. What is no time comes first.
func CompareTimes(a, b string) int {
	x, _ := instant(a)
	y, _ := instant(b)
	return x.Compare(y)
}
