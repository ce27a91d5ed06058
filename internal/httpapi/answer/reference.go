package answer

import (
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/httpapi/jsonapi"
)

// IDsOf returns the ids of references, each once, and reports every one that has none; at is where they stand.
func IDsOf(refs []jsonapi.Reference, at string) ([]string, error) {
	out := make([]string, 0, len(refs))
	seen := map[string]bool{}
	var faults []error
	for i, ref := range refs {
		switch {
		case ref.ID == "":
			faults = append(faults, fault.At(fmt.Sprintf("%s/%d/id", at, i), "can't be blank"))
		case !seen[ref.ID]:
			seen[ref.ID], out = true, append(out, ref.ID)
		}
	}
	return out, errors.Join(faults...)
}

// ReadIDs reads a request that names resources of a type by their ids.
func ReadIDs(c echo.Context, typeName string) ([]string, error) {
	refs, err := jsonapi.ReadReferences(c.Request(), typeName)
	if err != nil {
		return nil, err
	}
	return IDsOf(refs, "/data")
}

// RelatedTo returns the id of the resource of a type that a relationship was set to, "" for null. sent is false when the
// client left it out.
func RelatedTo(in jsonapi.Input, relation, typeName string) (id string, sent bool, err error) {
	ref, sent, err := in.One(relation, typeName)
	switch {
	case err != nil || ref == nil:
		return "", sent, err
	case ref.ID == "":
		return "", sent, fault.At("/data/relationships/"+relation+"/data/id", "can't be blank")
	}
	return ref.ID, sent, nil
}

// RelatedID is RelatedTo for a relationship that must be there.
func RelatedID(in jsonapi.Input, relation, typeName string) (string, error) {
	id, _, err := RelatedTo(in, relation, typeName)
	if err == nil && id == "" {
		err = fault.At("/data/relationships/"+relation, "can't be blank")
	}
	return id, err
}

// RelatedIDs returns the ids of the resources of a type that a relationship was set to.
func RelatedIDs(in jsonapi.Input, relation, typeName string) (ids []string, sent bool, err error) {
	refs, sent, err := in.Many(relation, typeName)
	if err != nil {
		return nil, sent, err
	}
	ids, err = IDsOf(refs, "/data/relationships/"+relation+"/data")
	return ids, sent, err
}

// Beside joins faults of values to faults of types, but for those about the same place: what could not be read is not
// judged a second time. Errors that are no faults must not be among them.
func Beside(types, values error) error {
	unread := map[string]bool{}
	for _, f := range fault.All(types) {
		unread[pointerTo(f.Field)] = true
	}
	faults := []error{types}
	for _, f := range fault.All(values) {
		if !unread[pointerTo(f.Field)] {
			faults = append(faults, f)
		}
	}
	return errors.Join(faults...)
}

// Under puts faults of a part of a document where that part stands.
func Under(at string, err error) error {
	var faults []error
	for _, f := range fault.All(err) {
		faults = append(faults, fault.At(at+f.Field, "%s", f.Message))
	}
	return errors.Join(faults...)
}
