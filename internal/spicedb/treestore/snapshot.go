package treestore

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// content is all that a reader sees. Copying the value copies everything.
type content struct {
	names     *names
	resources tree
	subjects  tree
	schema    *schema
}

// snapshot is the content at a revision, and what the commit changed that made it.
type snapshot struct {
	content
	revision revision

	changes   []change
	redefined *schemaChange // nil when the schema is as before
	metadata  *structpb.Struct
	seeded    bool  // changes tell nothing of the rows
	bytes     int64 // estimated cost of keeping it beside its successor
}

// change is the net change of one row in a commit, in the order of the resource tree.
type change struct {
	row     *row // as it is now, or was last
	deleted bool
}

// at returns the time of the commit.
func (s *snapshot) at() time.Time {
	return time.Unix(0, int64(s.revision))
}
