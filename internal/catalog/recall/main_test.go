package recall_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain draws fewer histories than the library would: each fills a database of its own.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("30")
	}
	os.Exit(m.Run())
}
