package peribolos

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// position is a line of a file.
type position struct {
	file string
	line int
}

// String returns "file:line".
func (p position) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// located is a fault and where it is. A fault of no particular line has line 0.
type located struct {
	at   position
	kind fault.Kind
	text string
}

// faults collects everything that is wrong.
type faults struct{ list []located }

func (f *faults) add(at position, format string, args ...any) {
	f.list = append(f.list, located{at: at, kind: fault.Invalid, text: fmt.Sprintf(format, args...)})
}

// err returns the faults in order of file and line, joined. What is used twice through an alias is told once.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.at.file, b.at.file), cmp.Compare(a.at.line, b.at.line))
	})
	seen := map[located]bool{}
	var out []error
	for _, l := range f.list {
		if seen[l] {
			continue
		}
		seen[l] = true
		switch {
		case l.at.file == "":
			out = append(out, fault.New(l.kind, "%s", l.text))
		case l.at.line == 0:
			out = append(out, fault.New(l.kind, "%s: %s", l.at.file, l.text))
		default:
			out = append(out, fault.New(l.kind, "%s: %s", l.at, l.text))
		}
	}
	return errors.Join(out...)
}
