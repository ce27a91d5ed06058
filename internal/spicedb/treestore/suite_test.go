package treestore

import (
	"testing"
	"time"

	"github.com/authzed/spicedb/pkg/datastore"
	"github.com/authzed/spicedb/pkg/datastore/test"
)

// TestSuite runs SpiceDB's own conformance suite. Left out are the cases that keep two write transactions open at once
// and wait for each other: here the second waits for the first to end.
func TestSuite(t *testing.T) {
	t.Parallel()
	tester := test.DatastoreTesterFunc(func(tb testing.TB, _, _, window time.Duration, _ uint16) (datastore.Datastore, error) {
		tb.Helper()
		s := New(Config{Window: window})
		tb.Cleanup(func() { _ = s.Close() })
		return s, nil
	})
	test.AllWithExceptions(t, test.NewTesterFactory(ErrRetry).NewTester(tester), test.WithCategories(test.ConcurrentWriteCategory))
}
