// Package process runs the programs that are measured, each as a process of its own, and reads what they cost from
// the kernel.
package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	Address string        // host:port that it listens on
	Started time.Duration // from its start until it listened

	name  string
	cmd   *exec.Cmd
	log   *tail
	ended chan error
}

// patience bounds a start: one that takes longer is a failure.
const patience = 5 * time.Minute

// grace is how long a process may take to end by itself.
const grace = 30 * time.Second

// Announced starts a program that says on standard error where it listens: "listening on http://HOST:PORT".
func Announced(ctx context.Context, env []string, name string, args ...string) (*Process, error) {
	p, stderr, err := start(ctx, env, name, args...)
	if err != nil {
		return nil, err
	}
	begin, found := time.Now(), make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			_, _ = p.log.Write(append(lines.Bytes(), '\n'))
			if address, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
				found <- address
			}
		}
		close(found)
		p.ended <- p.cmd.Wait()
	}()
	select {
	case address, ok := <-found:
		if !ok {
			return nil, fmt.Errorf("%s ended: %w\n%s", p.name, <-p.ended, p.log)
		}
		p.Address, p.Started = address, time.Since(begin)
		return p, nil
	case <-time.After(patience):
		return nil, errors.Join(fmt.Errorf("%s does not listen\n%s", p.name, p.log), p.Stop())
	}
}

// At starts a program that was told to listen on an address, and waits until somebody answers there.
func At(ctx context.Context, address string, env []string, name string, args ...string) (*Process, error) {
	p, stderr, err := start(ctx, env, name, args...)
	if err != nil {
		return nil, err
	}
	p.Address = address
	begin := time.Now()
	go func() {
		_, _ = io.Copy(p.log, stderr)
		p.ended <- p.cmd.Wait()
	}()
	for time.Since(begin) < patience {
		if c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address); err == nil {
			p.Started = time.Since(begin)
			return p, c.Close()
		}
		select {
		case err := <-p.ended:
			return nil, fmt.Errorf("%s ended: %w\n%s", p.name, err, p.log)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.Stop())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil, errors.Join(fmt.Errorf("%s does not listen\n%s", p.name, p.log), p.Stop())
}

// Run runs a program to its end.
func Run(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // a program of the benchmark
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %.2000s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// FreeAddress returns a loopback address that nobody listens on right now.
func FreeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func start(ctx context.Context, env []string, name string, args ...string) (*Process, io.Reader, error) {
	// Not bound to the context: a process is asked to end before it is killed.
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // a program of the benchmark
	cmd.Env = append(os.Environ(), env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(ctx.Err(), cmd.Start()); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &Process{name: name, cmd: cmd, log: &tail{}, ended: make(chan error, 1)}, stderr, nil
}

// Stop ends the process and waits for it.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended: //nolint:errcheck // how it ended does not matter: some programs report the signal
		return nil
	case <-time.After(grace):
		return errors.Join(p.cmd.Process.Kill(), fmt.Errorf("%s had to be killed", p.name))
	}
}

// Log returns the last that the process said on standard error.
func (p *Process) Log() string { return p.log.String() }

// Resident returns the memory that the process holds, in bytes.
func (p *Process) Resident() (int64, error) { return resident(p.cmd.Process.Pid) }

// CPU returns the processor time that the process has used.
func (p *Process) CPU() (time.Duration, error) { return cpu(p.cmd.Process.Pid) }

// ResidentSelf returns the memory that this process holds, in bytes.
func ResidentSelf() (int64, error) { return resident(os.Getpid()) }

func resident(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb << 10, nil
		}
	}
	return 0, errors.New("the kernel gives no VmRSS")
}

// tick is the unit of the times in /proc; the same on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func cpu(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in brackets, may hold anything; the fields after it are numbers. Fields 14 and 15 are user and system.
	_, after, _ := bytes.Cut(raw, []byte(") "))
	fields := strings.Fields(string(after))
	if len(fields) < 13 {
		return 0, fmt.Errorf("not a stat line: %q", raw)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * tick, nil
}

// tail keeps the last part of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if len(t.buf) > tailBytes {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
