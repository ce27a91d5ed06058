package sourcetest

import "sync"

// Fault names something that a directory does wrong.
type Fault string

// Healthy is no fault.
const Healthy Fault = ""

// Trouble is a fault from some point on. It is safe for several goroutines.
type Trouble struct {
	Fault Fault

	mu    sync.Mutex
	at    int // 1 is the first point
	once  bool
	count int

	field  int // which one of the dialect's is missing
	fields int // how many there are
}

// From returns a fault that is there from a point on; 1 is the first.
func From(f Fault, point int) *Trouble { return &Trouble{Fault: f, at: point} }

// Strikes notes that a point was reached where the fault may be, and reports whether it is.
func (t *Trouble) Strikes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if t.Fault == Healthy {
		return false
	}
	return t.count == t.at || t.count > t.at && !t.once
}

// points returns how many points were reached.
func (t *Trouble) points() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
