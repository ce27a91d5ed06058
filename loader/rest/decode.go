package rest

import (
	"github.com/go-json-experiment/json"
)

// Decode reads a reply's JSON into a value. Names must match exactly and may not come twice; what the value has no place
// for is left out. What must be there is a pointer in the value, which the caller looks at: Missing is the error.
func (r Reply) Decode(into any) error {
	if err := json.Unmarshal(r.Body, into); err != nil {
		return r.fault("the answer is not of the form that is documented") // the cause may quote what the directory holds
	}
	return nil
}

// Missing returns the error of an answer that lacks what it is documented to have.
func (r Reply) Missing(what string) error { return r.fault("the answer lacks " + what) }

// Refuse returns the error of an answer that is not believed.
func (r Reply) Refuse(reason string) error { return r.fault(reason) }
