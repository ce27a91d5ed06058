package treestore

import "maps"

// ellipsis is the number of "...", the subject relation of a plain object.
const ellipsis uint32 = 0

// unknown is the number of a name that no row has.
const unknown = ^uint32(0)

// names numbers type and relation names, so that a row holds four small numbers for them and equality is one
// comparison. The numbers say nothing about order: where two differ the strings decide. A table never changes; the
// writer replaces it when a row brings a new name, which schemas keep rare.
type names struct {
	text    []string
	numbers map[string]uint32
}

// name is a name with its number.
type name struct {
	number uint32
	text   string
}

func newNames() *names {
	return &names{text: []string{"..."}, numbers: map[string]uint32{"...": ellipsis}}
}

// find returns the name with its number, or with unknown.
func (n *names) find(text string) name {
	if number, ok := n.numbers[text]; ok {
		return name{number: number, text: n.text[number]}
	}
	return name{number: unknown, text: text}
}

// with returns a table that has all the texts: n itself when nothing is new.
func (n *names) with(texts ...string) *names {
	out := n
	for _, text := range texts {
		if _, ok := out.numbers[text]; ok {
			continue
		}
		if out == n {
			out = &names{text: append([]string(nil), n.text...), numbers: maps.Clone(n.numbers)}
		}
		out.numbers[text] = uint32(len(out.text))
		out.text = append(out.text, text)
	}
	return out
}
