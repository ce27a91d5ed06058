package tfe

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/answer"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// ends returns the team and the scope that a new access relates.
func (n levelNoun) ends(in jsonapi.Input) (teamID, scopeID string, err error) {
	teamID, teamErr := answer.RelatedID(in, "team", answer.TypeTeams)
	scopeID, scopeErr := answer.RelatedID(in, n.relation, n.scopeType)
	return teamID, scopeID, errors.Join(teamErr, scopeErr)
}

// wanted returns the level and the fields that a client sent. Null says nothing.
func (n levelNoun) wanted(in jsonapi.Input) (catalog.LevelWanted, error) {
	out := catalog.LevelWanted{Fields: catalog.AccessFields{}}
	var level *string
	_, err := in.Attribute("access", &level)
	if err == nil && level != nil {
		out.Level, err = *level, answer.Required(*level, "access")
	}
	faults := []error{err}
	groups := map[string]map[string]any{}
	for _, field := range n.kind.Fields() {
		sent, err := attributeAt(in, groups, field)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if sent == nil {
			continue
		}
		text, err := n.fieldValue(field, sent)
		faults = append(faults, err)
		out.Fields[field] = text
	}
	return out, errors.Join(faults...)
}

// attributeAt returns what was sent for a field, which may stand in an object of its own; nil for nothing. groups keeps
// the objects that have been read.
func attributeAt(in jsonapi.Input, groups map[string]map[string]any, field string) (any, error) {
	group, name, nested := strings.Cut(field, "/")
	if !nested {
		var sent any
		_, err := in.Attribute(field, &sent)
		return sent, err
	}
	members, known := groups[group]
	if !known {
		_, err := in.Attribute(group, &members)
		groups[group] = members // a fault is reported once
		if err != nil {
			return nil, err
		}
	}
	return members[name], nil
}

// fieldValue returns the value of a field as the catalog has it.
func (n levelNoun) fieldValue(field string, sent any) (string, error) {
	flag := slices.Contains(n.kind.Flags(), field)
	switch v := sent.(type) {
	case bool:
		if flag {
			return strconv.FormatBool(v), nil
		}
	case string:
		if !flag {
			return v, nil
		}
	}
	if flag {
		return "", fault.At(field, "must be true or false")
	}
	return "", fault.At(field, "must be a string")
}

// resource shows what a team holds at a scope.
func (n levelNoun) resource(l catalog.TeamLevel) jsonapi.Resource {
	attributes := map[string]any{"access": l.Level}
	flags := n.kind.Flags()
	for _, field := range n.kind.Fields() {
		var shown any = l.Fields[field]
		if slices.Contains(flags, field) {
			shown = l.Fields[field] == "true"
		}
		group, name, nested := strings.Cut(field, "/")
		if !nested {
			attributes[field] = shown
			continue
		}
		members, known := attributes[group].(map[string]any)
		if !known {
			members = map[string]any{}
			attributes[group] = members
		}
		members[name] = shown
	}
	return jsonapi.Resource{
		ID: l.ID, Type: n.typeName, Attributes: attributes,
		Relationships: map[string]jsonapi.Relationship{
			"team":     jsonapi.ToOne(answer.TypeTeams, l.TeamID).At("/api/v2/teams/" + l.TeamID),
			n.relation: jsonapi.ToOne(n.scopeType, l.Scope.ID).At("/api/v2/" + n.scopeType + "/" + l.Scope.ID),
		},
		Links: answer.Self(n.typeName + "/" + l.ID),
	}
}
