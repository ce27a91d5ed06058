package tfe

import (
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
)

func oneOf(field, value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return fault.At(field, "is not included in the list")
	}
	return nil
}

func required(value, field string) error {
	if value == "" {
		return fault.At(field, "can't be blank")
	}
	return nil
}

func minutes(field string, n *int) error {
	if n != nil && *n < 1 {
		return fault.At(field, "must be greater than 0")
	}
	return nil
}
