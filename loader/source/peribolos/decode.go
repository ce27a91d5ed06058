package peribolos

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds how many values aliases may add to those that are written out: a few lines of aliases to
// aliases would be billions otherwise.
const maxAliased = 100_000

// decoder reads the nodes of one file. It goes on after a fault, to find the others.
type decoder struct {
	*faults
	file   string
	budget int // values still to be read; at 0 the rest of the file stays unread
}

func newDecoder(f *faults, file string, root *yaml.Node) *decoder {
	return &decoder{faults: f, file: file, budget: countNodes(root) + maxAliased}
}

func countNodes(n *yaml.Node) int {
	sum := 1
	for _, c := range n.Content {
		sum += countNodes(c)
	}
	return sum
}

func (d *decoder) at(n *yaml.Node) position { return position{d.file, n.Line} }

// resolve follows an alias to what it stands for. It reports false when aliases have led too far.
func (d *decoder) resolve(n *yaml.Node) (*yaml.Node, bool) {
	d.budget--
	if d.budget == 0 {
		d.add(d.at(n), "aliases expand to more than %d values", maxAliased)
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n, d.budget > 0
}

// kindOf says what a node is, in words.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!str":
		return "a string"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	case "!!merge":
		return "a merge key"
	}
	return "a value of type " + n.ShortTag()
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// quotable reports whether quotes make a string of the node.
func quotable(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && !isNull(n) && n.ShortTag() != "!!merge"
}

// wrong adds a fault about the type of a value.
func (d *decoder) wrong(n *yaml.Node, what, want string) {
	hint := ""
	if want == "a string" && quotable(n) {
		hint = "; put it in quotes"
	}
	d.add(d.at(n), "%s: want %s, got %s%s", what, want, kindOf(n), hint)
}

// field is a key of a mapping with its value.
type field struct {
	key   string
	at    position
	value *yaml.Node
}

// mapping returns the fields of a mapping, none for nothing.
func (d *decoder) mapping(n *yaml.Node, what string) []field {
	n, ok := d.resolve(n)
	if !ok || isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, what, "a mapping")
		return nil
	}
	first := map[string]int{}
	var out []field
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := d.text(n.Content[i], "a key of "+what)
		if !ok {
			continue
		}
		at := d.at(n.Content[i])
		if line, twice := first[key]; twice {
			d.add(at, "key %q is given twice, first on line %d", key, line)
			continue
		}
		first[key] = at.line
		out = append(out, field{key: key, at: at, value: n.Content[i+1]})
	}
	return out
}

// keys reads a mapping whose keys are known.
func (d *decoder) keys(n *yaml.Node, what string, known map[string]func(field)) {
	for _, f := range d.mapping(n, what) {
		if read, ok := known[f.key]; ok {
			read(f)
		} else {
			d.add(f.at, "unknown key %q in %s", f.key, what)
		}
	}
}

// list returns the elements of a list, none for nothing.
func (d *decoder) list(n *yaml.Node, what string) []*yaml.Node {
	n, ok := d.resolve(n)
	if !ok || isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, what, "a list")
		return nil
	}
	return n.Content
}

// text returns a string that is there.
func (d *decoder) text(n *yaml.Node, what string) (string, bool) {
	n, ok := d.resolve(n)
	switch {
	case !ok:
		return "", false
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
		d.wrong(n, what, "a string")
		return "", false
	case strings.TrimSpace(n.Value) == "":
		d.add(d.at(n), "%s: want a string, got an empty one", what)
		return "", false
	}
	return n.Value, true
}

// optional returns a string that may be empty or nothing, without space around it.
func (d *decoder) optional(f field) string {
	n, ok := d.resolve(f.value)
	if !ok || isNull(n) {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.wrong(n, f.key, "a string")
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// flag checks a setting that is true, false or nothing.
func (d *decoder) flag(f field) {
	if n, ok := d.resolve(f.value); ok && !isNull(n) && n.ShortTag() != "!!bool" {
		d.wrong(n, f.key, "true or false")
	}
}

// named is a name and where it is written.
type named struct {
	name string
	at   position
}

// names returns a list of strings.
func (d *decoder) names(f field) []named {
	var out []named
	for _, n := range d.list(f.value, f.key) {
		if name, ok := d.text(n, f.key); ok {
			out = append(out, named{name: name, at: d.at(n)})
		}
	}
	return out
}
