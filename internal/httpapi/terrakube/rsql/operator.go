package rsql

import (
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// Operator is a way to compare.
type Operator int

// The operators.
const (
	Equal Operator = iota
	NotEqual
	In
	NotIn
	InFold // as In, without regard to case
	NotInFold
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Between // both ends included
	NotBetween
	IsNull
	IsEmpty
	HasMember
	HasNoMember
)

// spelling is how an operator is written, and how many arguments it takes; 0 is any number from one on.
type spelling struct {
	names     []string
	arguments int
}

func spellings() []spelling {
	return []spelling{
		Equal:          {[]string{"=="}, 1},
		NotEqual:       {[]string{"!="}, 1},
		In:             {[]string{"=in="}, 0},
		NotIn:          {[]string{"=out="}, 0},
		InFold:         {[]string{"=ini="}, 0},
		NotInFold:      {[]string{"=outi="}, 0},
		Less:           {[]string{"=lt=", "<"}, 1},
		LessOrEqual:    {[]string{"=le=", "<="}, 1},
		Greater:        {[]string{"=gt=", ">"}, 1},
		GreaterOrEqual: {[]string{"=ge=", ">="}, 1},
		Between:        {[]string{"=between="}, 2},
		NotBetween:     {[]string{"=notbetween="}, 2},
		IsNull:         {[]string{"=isnull="}, 1},
		IsEmpty:        {[]string{"=isempty="}, 1},
		HasMember:      {[]string{"=hasmember="}, 1},
		HasNoMember:    {[]string{"=hasnomember="}, 1},
	}
}

func named(name string) (Operator, bool) {
	i := slices.IndexFunc(spellings(), func(s spelling) bool { return slices.Contains(s.names, name) })
	return Operator(max(i, 0)), i >= 0
}

// String returns the operator as it is written.
func (o Operator) String() string {
	if all := spellings(); o >= 0 && int(o) < len(all) {
		return all[o].names[0]
	}
	return "?"
}

// check refuses a number of arguments that the operator does not take.
func (o Operator) check(n int) error {
	switch wanted := spellings()[o].arguments; wanted {
	case 0, n:
		return nil
	case 1:
		return fault.New(fault.Invalid, "%s takes one value", o)
	default:
		return fault.New(fault.Invalid, "%s takes %d values", o, wanted)
	}
}
