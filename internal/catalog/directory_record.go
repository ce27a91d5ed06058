package catalog

import "github.com/terrawarden/terrawarden/internal/authz"

// RecordSync adds an audit event about a plan of a directory, or about the directory itself where there is no plan: that a
// guard holds it, what somebody decided, that it was applied or failed. detail goes into the event as JSON.
func (c *Change) RecordSync(action, source, planID string, detail any) {
	if planID == "" {
		c.record(action, "", directoryRef(source), nil, detail)
		return
	}
	related := []authz.Object{directoryRef(source)}
	if c.behalf.Source == source {
		related = nil // every event of the change is about it
	}
	c.record(action, "", authz.Object{Type: typeSyncPlan, ID: planID}, nil, detail, related...)
}
