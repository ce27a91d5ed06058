package enginetest

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain keeps the random histories few, since each starts an engine; -rapid.checks on the command line wins.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("15"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
