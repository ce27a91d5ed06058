package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
)

func TestKindsAndWhatIsShown(t *testing.T) {
	t.Parallel()
	const internal, unavailable = "an internal error occurred", "the service is not available right now"
	secret := errors.New("password=hunter2")
	tests := map[string]struct {
		err            error
		kind           fault.Kind
		message, field string
	}{
		"an error of nobody's":                {secret, fault.Internal, internal, ""},
		"a fault":                             {fault.New(fault.Denied, "no %s", "way"), fault.Denied, "no way", ""},
		"a fault at a field":                  {fault.At("name", "can't be blank"), fault.Invalid, "can't be blank", "name"},
		"a fault with a cause":                {fault.Wrap(fault.Conflict, secret, "taken"), fault.Conflict, "taken", ""},
		"an internal fault with a message":    {fault.New(fault.Internal, "password=hunter2"), fault.Internal, internal, ""},
		"a wrapped fault":                     {fmt.Errorf("create: %w", fault.At("name", "is taken")), fault.Invalid, "is taken", "name"},
		"a fault inside of a fault":           {fault.Wrap(fault.NotFound, fault.At("id", "is unknown"), "gone"), fault.NotFound, "gone", ""},
		"joined faults show the first":        {errors.Join(fault.At("a", "is bad"), fault.New(fault.Denied, "no")), fault.Invalid, "is bad", "a"},
		"an error joined with a fault":        {errors.Join(secret, fault.New(fault.Denied, "no")), fault.Denied, "no", ""},
		"a cancelled request":                 {context.Canceled, fault.Unavailable, unavailable, ""},
		"a deadline, wrapped":                 {fmt.Errorf("check: %w", context.DeadlineExceeded), fault.Unavailable, unavailable, ""},
		"a deadline that somebody translated": {fault.Wrap(fault.Conflict, context.DeadlineExceeded, "locked"), fault.Conflict, "locked", ""},
		"an unavailable part":                 {fault.New(fault.Unavailable, "the engine does not answer"), fault.Unavailable, "the engine does not answer", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, field := fault.Public(test.err)
			if kind := fault.KindOf(test.err); kind != test.kind || message != test.message || field != test.field {
				t.Errorf("kind %s, %q at %q; want %s, %q at %q", kind, message, field, test.kind, test.message, test.field)
			}
			if strings.Contains(message, "hunter2") {
				t.Error("the public message shows the cause")
			}
			if !fault.Is(test.err, test.kind) || fault.Is(test.err, test.kind+1) {
				t.Error("Is does not agree with KindOf")
			}
		})
	}
	if fault.Is(nil, fault.Internal) {
		t.Error("no error is of the kind Internal")
	}
}

func TestErrorTextIsForTheOperator(t *testing.T) {
	t.Parallel()
	err := fault.Wrap(fault.Unavailable, io.ErrUnexpectedEOF, "the catalog does not answer")
	if got, want := err.Error(), "the catalog does not answer: unexpected EOF"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if got := fault.New(fault.Denied, "no").Error(); got != "no" {
		t.Errorf("text %q without a cause", got)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	a, b, c := fault.At("a", "is bad"), fault.At("b", "is bad"), fault.New(fault.Conflict, "taken")
	tests := map[string]struct {
		err  error
		want []string
	}{
		"no error":                        {nil, nil},
		"no fault":                        {io.EOF, nil},
		"one":                             {a, []string{"a"}},
		"joined, in order":                {errors.Join(a, b, c), []string{"a", "b", ""}},
		"joined twice":                    {errors.Join(errors.Join(a, b), c), []string{"a", "b", ""}},
		"wrapped":                         {fmt.Errorf("import: %w", errors.Join(b, a)), []string{"b", "a"}},
		"wrapped, several at once":        {fmt.Errorf("%w and %w", a, b), []string{"a", "b"}},
		"among others":                    {errors.Join(io.EOF, a), []string{"a"}},
		"the cause of a fault is private": {fault.Wrap(fault.Denied, a, "no"), []string{""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range fault.All(test.err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKindsHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d is called %q", k, k.String())
		}
		seen[k.String()] = true
	}
	if got := fault.Kind(99).String(); got != fault.Internal.String() {
		t.Errorf("a kind there is none is called %q, want it to read as internal", got)
	}
	if got := fault.Kind(-1).String(); got != fault.Internal.String() {
		t.Errorf("a kind below zero is called %q, want it to read as internal", got)
	}
}
