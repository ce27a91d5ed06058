package spicedb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// RemoteConfig says how a SpiceDB cluster is reached.
type RemoteConfig struct {
	Endpoint   string // host:port
	Token      string // the cluster's pre-shared key
	CA         []byte // certificates to trust, in PEM; none means those of the system
	ServerName string // the name the certificate must carry; "" means the endpoint's host
	Insecure   bool   // no TLS; refused unless the host is this machine
	WriteLimit int    // changes in one transaction, at most what the cluster allows; 0 means 500
}

// String returns the configuration without its token.
func (c RemoteConfig) String() string { return c.Endpoint }

// GoString returns the configuration without its token.
func (c RemoteConfig) GoString() string {
	return fmt.Sprintf("spicedb.RemoteConfig{Endpoint: %q}", c.Endpoint)
}

// LogValue implements slog.LogValuer without the token.
func (c RemoteConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("endpoint", c.Endpoint), slog.Bool("insecure", c.Insecure))
}

// NewRemote returns an engine over a SpiceDB cluster. It connects with the first call, so a cluster that is down
// does not keep this program from starting; Ready tells. Every fault of the configuration is reported.
func NewRemote(_ context.Context, cfg RemoteConfig) (*Engine, error) {
	transport, err := cfg.transport()
	if cfg.Token == "" {
		err = errors.Join(err, fault.At("spicedb-token", "a SpiceDB cluster needs a token"))
	}
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(cfg.Endpoint, callOptions(),
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(bearer{token: cfg.Token, overTLS: !cfg.Insecure}))
	if err != nil {
		return nil, fault.At("spicedb-endpoint", "%q is no address", cfg.Endpoint)
	}
	return newEngine(conn, nil, orDefault(cfg.WriteLimit, sharedWrites)), nil
}

// transport returns how the connection is secured.
func (c RemoteConfig) transport() (credentials.TransportCredentials, error) {
	host, _, err := net.SplitHostPort(c.Endpoint)
	if err != nil {
		return nil, fault.At("spicedb-endpoint", "%q is not HOST:PORT", c.Endpoint)
	}
	if c.Insecure {
		if !loopback(host) {
			return nil, fault.At("spicedb-insecure", "%q is not this machine; a token must not cross a network in the clear", host)
		}
		return insecure.NewCredentials(), nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if len(c.CA) > 0 {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(c.CA) {
			return nil, fault.At("spicedb-ca", "the file holds no certificate in PEM")
		}
	}
	return credentials.NewTLS(settings), nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// bearer sends the token with every call. gRPC refuses to send it without TLS unless that was asked for.
type bearer struct {
	token   string
	overTLS bool
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (b bearer) RequireTransportSecurity() bool { return b.overTLS }

// String keeps the token out of logs.
func (b bearer) String() string { return "[redacted]" }
