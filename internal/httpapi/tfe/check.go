package tfe

import "github.com/terrawarden/terrawarden/internal/fault"

func minutes(field string, n *int) error {
	if n != nil && *n < 1 {
		return fault.At(field, "must be greater than 0")
	}
	return nil
}
