// Package slapd runs OpenLDAP's server for tests: throw-away, with a configuration and a port of its own, and none of
// the system's. It knows nothing of the product.
package slapd

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// Variable names the environment variable that holds the path of slapd, or "required": wherever it is. Without it the
// tests that need a server are skipped; with it they fail where there is none.
const Variable = "TERRAWARDEN_TEST_SLAPD"

// What every server has.
const (
	Base     = "dc=example,dc=org"
	Admin    = "cn=admin," + Base // may do everything
	Reader   = "cn=reader," + Base
	Password = "correct horse battery staple" // of both
)

// Options are how a server differs from the plain one.
type Options struct {
	// LDIF is loaded before the server starts, beside the base, ou=people, ou=groups and the reader.
	LDIF string
	// Bare leaves out what is beside it.
	Bare bool
	// Limits are those of the reader, in the words of slapd.conf: "size=100", "size.prtotal=100".
	Limits string
	// Lines are put at the end of the database's part of slapd.conf.
	Lines string
}

// Server is a running server.
type Server struct {
	// URL is ldap://, SecureURL ldaps://, both on the own machine. CAFile is the authority of its certificate.
	URL, SecureURL, CAFile string

	tb      testing.TB
	dir     string
	program string
	log     *logBuffer
	process *exec.Cmd
	ended   chan struct{}
}

// Program returns the path of slapd. It skips the test where none is asked for, and fails where one is and is missing.
func Program(tb testing.TB) string {
	tb.Helper()
	asked := os.Getenv(Variable)
	switch asked {
	case "":
		tb.Skipf("%s is not set; `make test` brings OpenLDAP's server and sets it", Variable)
	case "required":
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/usr/lib/openldap") {
			if path := filepath.Join(dir, "slapd"); isProgram(path) {
				return path
			}
		}
		tb.Fatalf("%s asks for slapd, and there is none here", Variable)
	}
	if !isProgram(asked) {
		tb.Fatalf("%s names no program: %s", Variable, asked)
	}
	return asked
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Start runs a server until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := &Server{tb: tb, program: Program(tb), dir: tb.TempDir(), log: &logBuffer{}}
	s.CAFile = writeCertificates(tb, s.dir)
	if err := os.Mkdir(s.path("data"), 0o700); err != nil {
		tb.Fatal(err)
	}
	s.write("slapd.conf", s.configuration(o))
	seed := o.LDIF
	if !o.Bare {
		seed = skeleton() + seed
	}
	s.write("seed.ldif", seed)
	// slapd -T add is slapadd: far faster than a server that is asked.
	s.tool("-T", "add", "-q", "-f", s.path("slapd.conf"), "-l", s.path("seed.ldif"))
	s.start()
	tb.Cleanup(s.Stop)
	return s
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(name, content string) {
	s.tb.Helper()
	if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
		s.tb.Fatal(err)
	}
}

// tool runs one of the tools that slapd contains.
func (s *Server) tool(args ...string) {
	s.tb.Helper()
	out, err := exec.CommandContext(s.tb.Context(), s.program, args...).CombinedOutput()
	if err != nil {
		s.tb.Fatalf("slapd %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// start runs the server on two free ports, which somebody else may take between looking and listening.
func (s *Server) start() {
	s.tb.Helper()
	for range 5 {
		s.URL, s.SecureURL = "ldap://"+freeAddress(s.tb), "ldaps://"+freeAddress(s.tb)
		if s.tryStart() {
			return
		}
	}
	s.tb.Fatalf("slapd does not start:\n%s", s.log)
}

func (s *Server) tryStart() bool {
	s.tb.Helper()
	// -d keeps it in the foreground; 0 says nothing but what is fatal.
	cmd := exec.Command(s.program, "-f", s.path("slapd.conf"), "-h", s.URL+"/ "+s.SecureURL+"/", "-d", "0")
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	s.process, s.ended = cmd, ended
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case <-ended:
			return false
		default:
		}
		if conn, err := goldap.DialURL(s.URL); err == nil {
			err = conn.Bind(Admin, Password)
			_ = conn.Close()
			if !goldap.IsErrorWithCode(err, goldap.ErrorNetwork) { // any answer, a refusal too
				return true
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.Stop()
	return false
}

// Stop ends the server and waits for its end; its data stay until the test ends.
func (s *Server) Stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.process.Process.Kill()
		<-s.ended
	}
}

// Restart stops the server and starts it again, on the same data and other ports.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.start()
}

// Dial returns a connection of the administrator's, closed when the test ends.
func (s *Server) Dial() *goldap.Conn {
	s.tb.Helper()
	conn, err := goldap.DialURL(s.URL, goldap.DialWithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = conn.Close() })
	if err := conn.Bind(Admin, Password); err != nil {
		s.tb.Fatal(err)
	}
	return conn
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(tb.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// logBuffer is what the server has said.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// skeleton is what every server begins with.
func skeleton() string {
	return strings.Join([]string{
		"dn: " + Base, "objectClass: dcObject", "objectClass: organization", "dc: example", "o: Example", "",
		"dn: ou=people," + Base, "objectClass: organizationalUnit", "ou: people", "",
		"dn: ou=groups," + Base, "objectClass: organizationalUnit", "ou: groups", "",
		"dn: " + Reader, "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: reader", "userPassword: " + Password, "", "",
	}, "\n")
}

// configuration is the slapd.conf of a server.
func (s *Server) configuration(o Options) string {
	limits := ""
	if o.Limits != "" {
		limits = fmt.Sprintf("limits dn.exact=%q %s\n", Reader, o.Limits)
	}
	return strings.Join([]string{
		"include /etc/ldap/schema/core.schema", "include /etc/ldap/schema/cosine.schema",
		"include /etc/ldap/schema/nis.schema", "include /etc/ldap/schema/inetorgperson.schema",
		"modulepath /usr/lib/ldap", "moduleload back_mdb", "moduleload memberof", "moduleload refint", "moduleload syncprov", "moduleload ppolicy",
		"pidfile " + s.path("slapd.pid"),
		"TLSCACertificateFile " + s.CAFile, "TLSCertificateFile " + s.path("server.pem"), "TLSCertificateKeyFile " + s.path("server.key"),
		"sizelimit 500",
		"database mdb", "suffix " + quote(Base), "rootdn " + quote(Admin), "rootpw " + quote(Password), "directory " + s.path("data"), "maxsize 268435456",
		"dbnosync", "index objectClass,uid,cn,member,memberUid,entryUUID,entryCSN eq", "index modifyTimestamp eq",
		"access to attrs=userPassword by anonymous auth by * none", "access to * by * read",
		limits + o.Lines,
		"overlay memberof", "overlay refint", "refint_attributes member memberOf", "overlay syncprov", "overlay ppolicy", "",
	}, "\n")
}

func quote(text string) string { return `"` + text + `"` }
