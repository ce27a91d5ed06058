package answer

import (
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// OneOf refuses a value that is none of some.
func OneOf(field, value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return fault.At(field, "is not included in the list")
	}
	return nil
}

// Required refuses an empty value.
func Required(value, field string) error {
	if value == "" {
		return fault.At(field, "can't be blank")
	}
	return nil
}
