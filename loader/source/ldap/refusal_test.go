package ldap_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/internal/testkit/slapd"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/ldap"
)

// A limit that trips half-way leaves lists that are marked, and groups whose missing members are unknown.
func TestSizeLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(1200, 60)
	tests := map[string]struct {
		limits string
		page   int
		whole  bool
	}{
		"in the middle of the pages":  {"size.prtotal=700", 100, false},
		"before the first page ends":  {"size.prtotal=50", 100, false},
		"paging is refused":           {"size.prtotal=disabled", 100, false},
		"a small limit and no paging": {"size.soft=100 size.hard=100 size.prtotal=disabled", 100, false},
		"none":                        {"size.prtotal=unlimited", 100, true},
		"a limit that paging passes":  {"size=100 size.prtotal=unlimited", 100, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := slapd.Start(t, slapd.Options{LDIF: w.ldif.String(), Limits: test.limits})
			set := settings(s)
			set.PageSize = test.page
			got, err := newSource(t, set).Read(t.Context(), directory.Request{})
			if test.whole {
				if err != nil {
					t.Fatal(err)
				}
				same(t, w.want, got)
				return
			}
			t.Logf("error %v, %d people, warnings %q", err, len(got.Users), got.Warnings)
			takesNothing(t, w.want, got, err)
			if err == nil && (got.UsersComplete || len(got.Warnings) == 0 || got.Cursor != "") {
				t.Errorf("complete %v, warnings %q, cursor %q", got.UsersComplete, got.Warnings, got.Cursor)
			}
		})
	}
}

func TestMaxEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(300, 20)
	s := slapd.Start(t, slapd.Options{LDIF: w.ldif.String(), Limits: "size.prtotal=unlimited"})
	for limit, whole := range map[int]bool{299: false, 300: true, 19: false} {
		set := settings(s)
		set.MaxEntries, set.PageSize = limit, 50
		got, err := newSource(t, set).Read(t.Context(), directory.Request{})
		if err != nil || got.UsersComplete != whole || len(got.Users) != min(limit, 300) {
			t.Errorf("at most %d: %d people, complete %v, %v", limit, len(got.Users), got.UsersComplete, err)
		}
		if !whole {
			takesNothing(t, w.want, got, err)
		}
	}
}

// cutter forwards to a server and breaks the connection after so many bytes of answers.
func cutter(t *testing.T, target string, after int64) (url string, passed *atomic.Int64) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	passed = &atomic.Int64{}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(target, "ldap://"))
			if err != nil {
				_ = in.Close()
				return
			}
			go func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			}()
			go func() {
				n, _ := io.Copy(in, io.LimitReader(out, after))
				passed.Add(n)
				_ = in.Close()
				_ = out.Close()
			}()
		}
	}()
	return "ldap://" + l.Addr().String(), passed
}

// Wherever the connection breaks, there is an error.
func TestConnectionDrops(t *testing.T) {
	t.Parallel()
	w := newWorld(500, 40)
	s := slapd.Start(t, slapd.Options{LDIF: w.ldif.String(), Limits: "size.prtotal=unlimited"})
	set := settings(s)
	set.PageSize = 50
	url, passed := cutter(t, s.URL, 1<<40)
	set.URL = url
	same(t, w.want, read(t, newSource(t, set), ""))
	var all int64
	for all == 0 { // the copy ends a little after the reading
		all = passed.Load()
		time.Sleep(time.Millisecond)
	}
	t.Logf("a whole read is %d bytes", all)
	for i := range int64(24) {
		after := all * i / 24
		if i == 0 {
			after = all - 1
		}
		set.URL, _ = cutter(t, s.URL, after)
		if got, err := newSource(t, set).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unavailable) || len(got.Users)+len(got.Groups) > 0 {
			t.Errorf("after %d of %d bytes: %d people, %v", after, all, len(got.Users), err)
		}
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	set := ldap.Settings{URL: "ldap://" + silent.Addr().String(), UserBase: slapd.Base}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := newSource(t, set).Read(ctx, directory.Request{}); !errors.Is(err, context.DeadlineExceeded) || !fault.Is(err, fault.Unavailable) {
		t.Errorf("a server that says nothing: %v", err)
	}
	set.Timeout = 50 * time.Millisecond
	if _, err := newSource(t, set).Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a server that says nothing in time: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	s.AddPerson("ann")
	const wrong = "hunter2-and-more"
	tests := map[string]struct {
		change func(*ldap.Settings)
		kind   fault.Kind // Internal: none
	}{
		"the right password":                         {func(*ldap.Settings) {}, fault.Internal},
		"a wrong password":                           {func(s *ldap.Settings) { s.Password = func() (string, error) { return wrong, nil } }, fault.Unauthenticated},
		"an empty password, which would be nobody's": {func(s *ldap.Settings) { s.Password = func() (string, error) { return "", nil } }, fault.Unauthenticated},
		"a password that cannot be read":             {func(s *ldap.Settings) { s.Password = func() (string, error) { return wrong, os.ErrNotExist } }, fault.Unavailable},
		"nobody who exists":                          {func(s *ldap.Settings) { s.BindDN = "cn=stranger," + slapd.Base }, fault.Unauthenticated},
		"a base that does not exist":                 {func(s *ldap.Settings) { s.UserBase = "ou=nowhere," + slapd.Base }, fault.NotFound},
		"a group base that does not":                 {func(s *ldap.Settings) { s.GroupBase = "ou=nowhere," + slapd.Base }, fault.NotFound},
		"a base of another server":                   {func(s *ldap.Settings) { s.UserBase = "dc=example,dc=net" }, fault.NotFound},
		"anonymously, as it is allowed":              {func(s *ldap.Settings) { s.BindDN, s.Password = "", nil }, fault.Internal},
		"an id that entries do not have":             {func(s *ldap.Settings) { s.Attributes.ID = "objectGUID" }, fault.Denied},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := settings(s)
			test.change(&set)
			got, err := newSource(t, set).Read(t.Context(), directory.Request{})
			if test.kind == fault.Internal {
				if err != nil || len(got.Users) != 1 {
					t.Errorf("%d people, %v", len(got.Users), err)
				}
				return
			}
			if !fault.Is(err, test.kind) {
				t.Fatalf("the error is %v, want one of kind %s", err, test.kind)
			}
			if text := err.Error(); strings.Contains(text, wrong) || strings.Contains(text, slapd.Password) {
				t.Errorf("the error holds the password: %s", text)
			}
		})
	}
}

// The password is asked anew at every run.
func TestPasswordChanges(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{})
	password := slapd.Password
	set := settings(s)
	set.Password = func() (string, error) { return password, nil }
	source := newSource(t, set)
	read(t, source, "")
	s.Replace(slapd.Reader, "userPassword", "another one")
	if _, err := source.Read(t.Context(), directory.Request{}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old password: %v", err)
	}
	password = "another one"
	read(t, source, "")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{Lines: "security simple_bind=128"}) // a bind without TLS is refused
	other := slapd.Start(t, slapd.Options{})
	byName := strings.Replace(s.SecureURL, "127.0.0.1", "localhost", 1)
	tests := map[string]struct {
		change func(*ldap.Settings)
		kind   fault.Kind // Internal: none
	}{
		"LDAPS":                           {func(set *ldap.Settings) { set.URL = s.SecureURL }, fault.Internal},
		"LDAPS by name":                   {func(set *ldap.Settings) { set.URL = byName }, fault.Internal},
		"StartTLS":                        {func(set *ldap.Settings) { set.StartTLS = true }, fault.Internal},
		"plain, which the server refuses": {func(*ldap.Settings) {}, fault.Denied},
		"LDAPS, another authority":        {func(set *ldap.Settings) { set.URL, set.CAFile = s.SecureURL, other.CAFile }, fault.Unavailable},
		"StartTLS, another authority":     {func(set *ldap.Settings) { set.StartTLS, set.CAFile = true, other.CAFile }, fault.Unavailable},
		"LDAPS, those of the system":      {func(set *ldap.Settings) { set.URL, set.CAFile = s.SecureURL, "" }, fault.Unavailable},
		"StartTLS on a port that is TLS": {func(set *ldap.Settings) {
			set.URL, set.StartTLS = "ldap"+strings.TrimPrefix(s.SecureURL, "ldaps"), true
		}, fault.Unavailable},
		"LDAPS on a port that is plain": {func(set *ldap.Settings) { set.URL = "ldaps" + strings.TrimPrefix(s.URL, "ldap") }, fault.Unavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := settings(s)
			set.CAFile, set.Timeout = s.CAFile, 5*time.Second
			test.change(&set)
			_, err := newSource(t, set).Read(t.Context(), directory.Request{})
			if test.kind == fault.Internal && err != nil || test.kind != fault.Internal && !fault.Is(err, test.kind) {
				t.Errorf("the error is %v, want kind %s", err, test.kind)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	secret := func() (string, error) { return "hunter2", nil }
	tests := map[string]struct {
		change func(*ldap.Settings)
		fields string // at fault
	}{
		"LDAPS":                         {func(*ldap.Settings) {}, ""},
		"StartTLS":                      {func(s *ldap.Settings) { s.URL, s.StartTLS = "ldap://ldap.example.org:3389", true }, ""},
		"plain on the own machine":      {func(s *ldap.Settings) { s.URL = "ldap://localhost" }, ""},
		"plain on the own machine, v6":  {func(s *ldap.Settings) { s.URL = "ldap://[::1]:389" }, ""},
		"plain elsewhere":               {func(s *ldap.Settings) { s.URL = "ldap://ldap.example.org" }, "url"},
		"plain on a name like our own":  {func(s *ldap.Settings) { s.URL = "ldap://localhost.example.org" }, "url"},
		"plain on every address":        {func(s *ldap.Settings) { s.URL = "ldap://0.0.0.0" }, "url"},
		"StartTLS within LDAPS":         {func(s *ldap.Settings) { s.StartTLS = true }, "start-tls"},
		"a password in the URL":         {func(s *ldap.Settings) { s.URL = "ldaps://cn=a:hunter2@ldap.example.org" }, "url"},
		"a base in the URL":             {func(s *ldap.Settings) { s.URL = "ldaps://ldap.example.org/dc=example" }, "url"},
		"a socket":                      {func(s *ldap.Settings) { s.URL = "ldapi:///" }, "url"},
		"no URL":                        {func(s *ldap.Settings) { s.URL = "" }, "url"},
		"no password":                   {func(s *ldap.Settings) { s.Password = nil }, "password"},
		"nobody's password":             {func(s *ldap.Settings) { s.BindDN = "" }, "bind-dn"},
		"nobody at all":                 {func(s *ldap.Settings) { s.BindDN, s.Password = "", nil }, ""},
		"a name for a DN":               {func(s *ldap.Settings) { s.BindDN = "reader" }, "bind-dn"},
		"which Active Directory takes":  {func(s *ldap.Settings) { s.BindDN, s.Kind = "reader@example.org", "active-directory" }, ""},
		"the matching rule":             {func(s *ldap.Settings) { s.MatchingRule, s.Kind = true, "active-directory" }, ""},
		"the matching rule of nobody's": {func(s *ldap.Settings) { s.MatchingRule = true }, "matching-rule"},
		"no base":                       {func(s *ldap.Settings) { s.UserBase = "" }, "user-base"},
		"no DN for a base":              {func(s *ldap.Settings) { s.GroupBase = "people" }, "group-base"},
		"half a filter":                 {func(s *ldap.Settings) { s.UserFilter, s.GroupFilter = "(uid=*", "cn=*" }, "user-filter group-filter"},
		"a filter for an attribute":     {func(s *ldap.Settings) { s.Attributes.Changed = "a>=1)(uid" }, "attributes"},
		"an unknown kind":               {func(s *ldap.Settings) { s.Kind = "novell" }, "kind user-filter group-filter"},
		"no authorities":                {func(s *ldap.Settings) { s.CAFile = empty }, "ca-file"},
		"no file of authorities":        {func(s *ldap.Settings) { s.CAFile = empty + "x" }, "ca-file"},
		"sizes out of range":            {func(s *ldap.Settings) { s.PageSize, s.Timeout, s.MaxEntries = 20000, -1, -1 }, "page-size timeout max-entries"},
		"everything wrong at once":      {func(s *ldap.Settings) { *s = ldap.Settings{Kind: "novell", BindDN: "x", PageSize: -1} }, "url kind password user-base user-filter group-filter page-size"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := ldap.Settings{URL: "ldaps://ldap.example.org", BindDN: "cn=reader,dc=example", Password: secret, UserBase: "dc=example"}
			test.change(&set)
			_, err := ldap.New(set)
			var fields []string
			for _, f := range fault.All(err) {
				fields = append(fields, f.Field)
			}
			if got := strings.Join(fields, " "); got != test.fields {
				t.Errorf("at fault %q, want %q: %v", got, test.fields, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds a password: %v", err)
			}
		})
	}
}
