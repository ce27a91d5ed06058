package app

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// allowance is the memory that may be garbage before it is collected, where what is alive is less than that. A
	// collection costs time by what is alive, so a small estate need not be walked several times a second.
	allowance = 256 << 20
	// The bounds of the garbage allowed, as a percentage of what is alive; the lower is Go's own.
	leastGarbage, mostGarbage = 100, 400
)

// settle gives the memory back that filling the engine took, which is several times what it holds in the end, and
// chooses how much garbage to allow from then on. An operator who sets GOGC or GOMEMLIMIT has chosen already.
func settle() {
	debug.FreeOSMemory()
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" { //nolint:forbidigo // settings of the Go runtime, not ours
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(garbage(m.HeapAlloc))
}

// garbage returns the percentage for a heap of so many live bytes.
func garbage(alive uint64) int {
	return int(min(max(allowance*100/max(alive, 1), leastGarbage), mostGarbage))
}
