package schema

import (
	"crypto/sha256"
	_ "embed" // for the schema text
	"encoding/hex"
)

//go:embed schema.zed
var text string

// Text returns the SpiceDB schema, ready for WriteSchema.
func Text() string { return text }

// Hash identifies the schema text: the hexadecimal SHA-256 of Text.
func Hash() string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
