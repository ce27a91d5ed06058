package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"

	"go.yaml.in/yaml/v3"
)

// The document is kept as YAML nodes, which know the order things were written in: readers meet them in that order.

// entry is a member of an ordered mapping.
type entry[T any] struct {
	Key   string
	Value T
}

// ordered is a mapping in the order it was written in.
type ordered[T any] []entry[T]

// UnmarshalYAML reads a mapping.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: it must be a mapping", n.Line)
	}
	for key, value := range members(n) {
		var v T
		if err := value.Decode(&v); err != nil {
			return err
		}
		*o = append(*o, entry[T]{key, v})
	}
	return nil
}

// Get returns a member, the zero value where there is none.
func (o ordered[T]) Get(key string) (T, bool) {
	for _, e := range o {
		if e.Key == key {
			return e.Value, true
		}
	}
	var none T
	return none, false
}

// meant returns the node that an alias stands for.
func meant(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// members iterates over a mapping. Members may be removed meanwhile.
func members(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		n = meant(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		content := append([]*yaml.Node(nil), n.Content...)
		for i := 0; i+1 < len(content); i += 2 {
			if !yield(content[i].Value, content[i+1]) {
				return
			}
		}
	}
}

// at returns a member of a mapping, nil where there is none.
func at(n *yaml.Node, key string) *yaml.Node {
	for name, value := range members(n) {
		if name == key {
			return value
		}
	}
	return nil
}

// child returns a mapping in a mapping, made where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	found := at(n, key)
	if found == nil {
		found = mapping()
		set(n, key, found)
	}
	return found
}

// set sets a member of a mapping.
func set(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, text(key), value)
}

// remove takes a member out of a mapping.
func remove(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return
		}
	}
}

// text returns a string as a node.
func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// sequence returns a list as a node.
func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// mapping returns a mapping of at most one member as a node.
func mapping(keyAndValue ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(keyAndValue); i += 2 {
		key, _ := keyAndValue[i].(string)
		value, _ := keyAndValue[i+1].(*yaml.Node)
		set(n, key, value)
	}
	return n
}

// json returns the document as JSON.
func (d *document) json() ([]byte, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, d.root); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeJSON writes a node as JSON, mappings in their order.
func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	n = meant(n)
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			separate(b, i)
			if err := writeText(b, n.Content[i].Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			separate(b, i)
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.ScalarNode:
		return writeScalar(b, n)
	default:
		return fmt.Errorf("line %d: neither a mapping nor a list nor a value", n.Line)
	}
	return nil
}

func separate(b *bytes.Buffer, before int) {
	if before > 0 {
		b.WriteByte(',')
	}
}

func writeScalar(b *bytes.Buffer, n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		var v any
		if err := n.Decode(&v); err != nil {
			return err
		}
		raw, err := json.Marshal(v)
		b.Write(raw)
		return err
	}
	return writeText(b, n.Value)
}

func writeText(b *bytes.Buffer, s string) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line feed
	return nil
}
