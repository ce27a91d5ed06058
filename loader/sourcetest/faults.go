package sourcetest

import "testing"

// The faults of directories that are asked over HTTP.
const (
	EmptySuccess   Fault = "empty-success"       // lists are empty, and end
	EmptyPageEarly Fault = "empty-page-early"    // a page is empty, and the next ones go on
	DropMidPage    Fault = "drop-mid-page"       // the connection breaks off in the middle of an answer
	TruncatedJSON  Fault = "truncated-json"      // an answer is cut and looks whole
	TooMany        Fault = "429"                 // too many requests, wait a second
	Busy           Fault = "503-until-date"      // come back at a time of day
	Broken         Fault = "500"                 // it fails
	Refused        Fault = "401-mid-read"        // the credential is not accepted any more
	Forbidden      Fault = "403-mid-read"        // the credential is not enough
	Gone           Fault = "404-mid-read"        // there is no such thing any more
	Timeout        Fault = "timeout"             // nothing is answered
	WrongType      Fault = "wrong-content-type"  // a page for people to sign in
	ErrorSuccess   Fault = "error-in-success"    // a document about an error, with status 200
	RepeatedPage   Fault = "repeated-page"       // an earlier page comes again
	LinkElsewhere  Fault = "next-link-elsewhere" // the next page is on another server
	LinkLost       Fault = "next-link-lost"      // a list ends before its end
	CountShrinks   Fault = "count-shrinks"       // fewer are counted than there are
	CountGrows     Fault = "count-grows"         // more are
	FieldMissing   Fault = "schema-change"       // members that matter are called otherwise
	Redirect       Fault = "redirect-elsewhere"  // all is on another server
	IDMissing      Fault = "id-missing"          // the first entry of a list has no id
)

// happening says how a fault happens: at one answer alone, or from it on for good.
type happening struct {
	fault Fault
	once  bool
	slow  bool // it takes real time, and is tried at three points alone
}

func (h happening) String() string {
	if h.once {
		return string(h.fault) + ", once"
	}
	return string(h.fault)
}

// faults is the table: each fault for good and once.
func faults() []happening {
	var out []happening
	for _, f := range []Fault{
		EmptySuccess, EmptyPageEarly, DropMidPage, TruncatedJSON, TooMany, Busy, Broken, Refused, Forbidden, Gone, WrongType,
		ErrorSuccess, RepeatedPage, LinkElsewhere, LinkLost, CountShrinks, CountGrows, FieldMissing, Redirect, IDMissing,
	} {
		out = append(out, happening{fault: f}, happening{fault: f, once: true})
	}
	return append(out, happening{fault: Timeout, slow: true})
}

// troubles are the faults to try: at each point, and with each field missing.
func (h happening) troubles(points, fields int) []*Trouble {
	var out []*Trouble
	for at := 1; at <= max(points, 1); at++ {
		if h.slow && at != 1 && at != points/2+1 && at != points {
			continue
		}
		for field := range max(fields, 1) {
			if field == 0 || h.fault == FieldMissing {
				out = append(out, &Trouble{Fault: h.fault, at: at, once: h.once, field: field})
			}
		}
	}
	return out
}

// EachFault calls a function with every fault of the table that takes no time, at each of some points, once and for good. It is
// for reads that Run does not do: of changes alone. fields is how many the dialect has.
func EachFault(t *testing.T, points, fields int, do func(*testing.T, *Trouble)) {
	t.Helper()
	for _, h := range faults() {
		if h.slow {
			continue
		}
		t.Run(h.String(), func(t *testing.T) {
			for _, trouble := range h.troubles(points, fields) {
				do(t, trouble)
			}
		})
	}
}
