package terrakube

import (
	"encoding/json"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// kept returns what is kept with a row of the catalog for the clients of this API, by name; of what another protocol
// keeps there it returns that as well.
func kept(a catalog.Attributes) map[string]any {
	out := map[string]any{}
	if a != "" {
		_ = json.Unmarshal([]byte(a), &out) // what is kept there was written as an object
	}
	return out
}
