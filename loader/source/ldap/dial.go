package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// isLoopback reports whether a host is the own machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// authorities reads the certificates of a file.
func authorities(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.At("ca-file", "cannot be read: %s", path)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fault.At("ca-file", "holds no certificate in PEM: %s", path)
	}
	return pool, nil
}

// connect returns a connection that is bound. It closes itself when the context ends.
func (s Settings) connect(ctx context.Context) (*goldap.Conn, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, fault.At("url", "is no URL")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	if s.CAFile != "" {
		if config.RootCAs, err = authorities(s.CAFile); err != nil {
			return nil, err
		}
	}
	within, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	conn, err := s.dial(within, u, config)
	if err != nil {
		return nil, err
	}
	// A bind with the context's own end: what waits for an answer is woken by the closing.
	stop := context.AfterFunc(within, func() { _ = conn.Close() })
	defer stop()
	if s.StartTLS {
		if err := conn.StartTLS(config); err != nil {
			_ = conn.Close()
			return nil, fault.Wrap(fault.Unavailable, reduced(err, ""), "the directory at %s does not start TLS", s.URL)
		}
	}
	if err := s.bind(conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// dial opens the connection, and for ldaps:// its TLS.
func (s Settings) dial(ctx context.Context, u *url.URL, config *tls.Config) (*goldap.Conn, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": goldap.DefaultLdapPort, "ldaps": goldap.DefaultLdapsPort}[u.Scheme]
	}
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the directory at %s does not answer", s.URL)
	}
	secure := u.Scheme == "ldaps"
	if secure {
		over := tls.Client(raw, config)
		if err := over.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, fault.Wrap(fault.Unavailable, err, "the directory at %s does not start TLS", s.URL)
		}
		raw = over
	}
	conn := goldap.NewConn(raw, secure)
	conn.SetTimeout(s.Timeout)
	conn.Start()
	return conn, nil
}

// bind says who we are. The password is in no error, even where the directory repeats it.
func (s Settings) bind(conn *goldap.Conn) error {
	if s.BindDN == "" {
		if err := conn.UnauthenticatedBind(""); err != nil {
			return answered(err, "", "bind anonymously")
		}
		return nil
	}
	password, err := s.Password()
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the password of %s cannot be read", s.BindDN)
	}
	if password == "" { // a bind without one succeeds, as nobody
		return fault.New(fault.Unauthenticated, "the password of %s is empty", s.BindDN)
	}
	if err := conn.Bind(s.BindDN, password); err != nil {
		return answered(err, password, "bind as "+s.BindDN)
	}
	return nil
}
