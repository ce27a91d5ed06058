package testkit

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy forwards connections to a server that a test wants to lose for a while.
type Proxy struct {
	Address string

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

// Forward listens on a loopback port and forwards to a target until the test ends.
func Forward(tb testing.TB, target string) *Proxy {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{Address: l.Addr().String(), conns: map[net.Conn]bool{}}
	tb.Cleanup(func() {
		_ = l.Close()
		p.Cut()
	})
	ctx := context.WithoutCancel(tb.Context())
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.forward(ctx, in, target)
		}
	}()
	return p
}

func (p *Proxy) forward(ctx context.Context, in net.Conn, target string) {
	out, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		_ = in.Close()
		return
	}
	if !p.keep(in, out) {
		return
	}
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// keep notes connections, or closes them while the proxy is cut.
func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.down {
			_ = c.Close()
			continue
		}
		p.conns[c] = true
	}
	return !p.down
}

// Cut breaks every connection and takes no new one, as a server that has gone.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.conns = map[net.Conn]bool{}
}

// Restore lets connections through again.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}
