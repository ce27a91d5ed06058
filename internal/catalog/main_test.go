package catalog_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps the random histories short; -rapid.checks on the command line wins.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
