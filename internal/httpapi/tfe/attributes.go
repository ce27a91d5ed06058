package tfe

import (
	"encoding/json"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/fault"
)

// keptUnder is this API's name in the attributes of a row, where other protocols keep theirs beside it.
const keptUnder = "tfe"

// recallKept reads what this API kept with a row over the defaults in into.
func recallKept(kept catalog.Attributes, into any) error { return recallPart(kept, keptUnder, into) }

// recallPart is recallKept for another part of the attributes.
func recallPart(kept catalog.Attributes, part string, into any) error {
	if kept == "" {
		return nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(kept), &all); err != nil {
		return fault.Wrap(fault.Internal, err, "read attributes")
	}
	if mine, ok := all[part]; ok {
		if err := json.Unmarshal(mine, into); err != nil {
			return fault.Wrap(fault.Internal, err, "read attributes")
		}
	}
	return nil
}

// keep returns the attributes of a row with this API's part replaced.
func keep(kept catalog.Attributes, mine any) (catalog.Attributes, error) {
	return keepPart(kept, keptUnder, mine)
}

// keepPart is keep for another part of the attributes.
func keepPart(kept catalog.Attributes, part string, mine any) (catalog.Attributes, error) {
	all := map[string]json.RawMessage{}
	if kept != "" {
		if err := json.Unmarshal([]byte(kept), &all); err != nil {
			return "", fault.Wrap(fault.Internal, err, "read attributes")
		}
	}
	raw, err := json.Marshal(mine)
	if err != nil {
		return "", err
	}
	all[part] = raw
	whole, err := json.Marshal(all)
	return catalog.Attributes(whole), err
}
