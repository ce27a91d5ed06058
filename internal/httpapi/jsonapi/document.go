package jsonapi

import "encoding/json"

// MediaType is what documents are sent as.
const MediaType = "application/vnd.api+json"

// Document is an answer. Data is a Resource, a slice of them, or nil for null.
type Document struct {
	Data     any        `json:"data"`
	Included []Resource `json:"included,omitempty"`
	Links    any        `json:"links,omitempty"`
	Meta     any        `json:"meta,omitempty"`
}

// Resource is an object of a document. Attributes is a struct or a map.
type Resource struct {
	ID            string                  `json:"id"`
	Type          string                  `json:"type"`
	Attributes    any                     `json:"attributes,omitempty"`
	Relationships map[string]Relationship `json:"relationships,omitempty"`
	Links         map[string]any          `json:"links,omitempty"`
}

// Identifier names a resource.
type Identifier struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Relationship is a relation of a resource: linkage, links, or both. The zero value has neither; its data is null.
type Relationship struct {
	data  any // Identifier, []Identifier, or nil
	only  bool
	links map[string]any
}

// ToOne relates to one resource; an empty id to none.
func ToOne(typeName, id string) Relationship {
	if id == "" {
		return Relationship{}
	}
	return Relationship{data: Identifier{ID: id, Type: typeName}}
}

// ToMany relates to any number of resources of a type.
func ToMany(typeName string, ids ...string) Relationship {
	all := make([]Identifier, len(ids))
	for i, id := range ids {
		all[i] = Identifier{ID: id, Type: typeName}
	}
	return Relationship{data: all}
}

// Elsewhere relates by a link alone, without linkage.
func Elsewhere(url string) Relationship {
	return Relationship{only: true, links: map[string]any{"related": url}}
}

// At returns the relationship with a link to what it relates to.
func (r Relationship) At(url string) Relationship {
	r.links = map[string]any{"related": url}
	return r
}

// MarshalJSON writes the relationship.
func (r Relationship) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	if !r.only {
		out["data"] = r.data
	}
	if len(r.links) > 0 {
		out["links"] = r.links
	}
	return json.Marshal(out)
}
