package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// Settings are where the files are.
type Settings struct {
	// Path is a file, or a directory that holds users.csv and members.csv or one file of another kind.
	Path string
	// SHA256 is the checksum of the one file, in hexadecimal digits; "" unless it is known beforehand.
	SHA256 string
	// MaxSize bounds each file, in bytes. 0: 64 MiB.
	MaxSize int64
}

const defaultMaxSize = 64 << 20

// Source is a file or a directory of files.
type Source struct{ settings Settings }

var _ directory.Source = (*Source)(nil)

// New returns the source. It reads nothing yet. The error names every fault of the settings.
func New(settings Settings) (*Source, error) {
	var faults []error
	if settings.Path == "" {
		faults = append(faults, fault.At("path", "is missing"))
	}
	if settings.SHA256 != "" && !isChecksum(settings.SHA256) {
		faults = append(faults, fault.At("sha256", "is no SHA-256 in 64 hexadecimal digits"))
	}
	if settings.MaxSize < 0 {
		faults = append(faults, fault.At("max-size", "is out of range"))
	}
	if settings.MaxSize == 0 {
		settings.MaxSize = defaultMaxSize
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &Source{settings: settings}, nil
}

func isChecksum(text string) bool { return regexp.MustCompile(`^[0-9a-fA-F]{64}$`).MatchString(text) }

// Read returns what the files say, everything always. Its errors are NotFound where there is no file, Invalid where one
// is wrong, cut off or not what its checksum says, Limited where one is too large, and Unavailable where the files
// change all the time.
func (s *Source) Read(ctx context.Context, _ directory.Request) (directory.Snapshot, error) {
	found, err := s.load(ctx)
	if err != nil {
		return directory.Snapshot{}, err
	}
	for name, data := range found {
		if err := found.verify(name, data, s.settings.SHA256); err != nil {
			return directory.Snapshot{}, err
		}
	}
	out, err := found.parse(s.settings.SHA256 != "")
	if err != nil {
		return directory.Snapshot{}, err
	}
	out.Cursor = "" // a file is read whole
	return out, validate(out)
}

// loaded are files by name, of one moment.
type loaded map[string][]byte

// load reads the files until two readings agree, so that nothing is mixed that was replaced in between.
func (s *Source) load(ctx context.Context) (loaded, error) {
	var before loaded
	for range 5 {
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "%s was not read to its end", s.settings.Path)
		}
		now, err := s.once()
		if err != nil {
			return nil, err
		}
		if before != nil && maps.EqualFunc(before, now, bytes.Equal) {
			return now, nil
		}
		before = now
	}
	return nil, fault.New(fault.Unavailable, "%s changes while it is read", s.settings.Path)
}

// once reads the files.
func (s *Source) once() (loaded, error) {
	dir, names := filepath.Dir(s.settings.Path), []string{filepath.Base(s.settings.Path)}
	info, err := os.Stat(s.settings.Path)
	if err != nil {
		return nil, fault.Wrap(kindOf(err), err, "%s cannot be read", s.settings.Path)
	}
	if info.IsDir() {
		dir = s.settings.Path
		if names, err = choose(dir); err != nil {
			return nil, err
		}
	}
	out := loaded{}
	for _, name := range names {
		if out[name], err = s.readFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
		sum, err := s.readFile(filepath.Join(dir, name+checksumSuffix))
		switch {
		case err == nil:
			out[name+checksumSuffix] = sum
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
	}
	return out, nil
}

// Names of files that mean something by themselves.
const (
	usersFile      = "users.csv"
	membersFile    = "members.csv"
	manifestFile   = "manifest.json"
	checksumSuffix = ".sha256"
)

// choose returns the names of the files of a directory that are read.
func choose(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(kindOf(err), err, "%s cannot be read", dir)
	}
	var tables, others, manifest []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."):
		case name == manifestFile:
			manifest = []string{name}
		case name == usersFile || name == membersFile:
			tables = append(tables, name)
		case slices.Contains([]string{".yaml", ".yml", ".json", ".csv"}, filepath.Ext(name)):
			others = append(others, name)
		}
	}
	switch {
	case len(tables) == 2 && len(others) == 0:
		return append(tables, manifest...), nil
	case len(tables) == 1:
		return nil, fault.New(fault.Invalid, "%s: %s is alone: want %s and %s", dir, tables[0], usersFile, membersFile)
	case len(tables) == 0 && len(others) == 1:
		return append(others, manifest...), nil
	case len(tables)+len(others) == 0:
		return nil, fault.New(fault.NotFound, "%s: there is no YAML, JSON or CSV file", dir)
	}
	return nil, fault.New(fault.Invalid, "%s: which file? There are %s", dir, strings.Join(append(tables, others...), ", "))
}

func kindOf(err error) fault.Kind {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.NotFound
	}
	return fault.Unavailable
}

// readFile reads a file into memory.
func (s *Source) readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(kindOf(err), err, "%s cannot be read", path)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fault.Wrap(fault.Invalid, err, "%s is no regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, s.settings.MaxSize+1))
	switch {
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "%s cannot be read", path)
	case int64(len(data)) > s.settings.MaxSize:
		return nil, fault.New(fault.Limited, "%s is larger than %d bytes", path, s.settings.MaxSize)
	}
	return data, nil
}

// verify compares a file with what its checksum says, where there is one.
func (l loaded) verify(name string, data []byte, want string) error {
	if strings.HasSuffix(name, checksumSuffix) || name == manifestFile {
		return nil
	}
	sum := sha256.Sum256(data)
	got := hex.EncodeToString(sum[:])
	if want != "" && len(l.data()) > 1 {
		return fault.At("sha256", "is of one file, and there are several: use a manifest or %s", name+checksumSuffix)
	}
	if want != "" && !strings.EqualFold(want, got) {
		return fault.New(fault.Invalid, "%s is not the file that the settings' checksum is of", name)
	}
	sidecar, ok := l[name+checksumSuffix]
	if !ok {
		return nil
	}
	text, rest, _ := strings.Cut(strings.TrimSpace(string(sidecar)), " ")
	if !isChecksum(text) || strings.Contains(strings.TrimSpace(rest), "\n") {
		return fault.New(fault.Invalid, "%s holds no SHA-256 of one file", name+checksumSuffix)
	}
	if !strings.EqualFold(text, got) {
		return fault.New(fault.Invalid, "%s is not the file that %s is of", name, name+checksumSuffix)
	}
	return nil
}

// data returns the names of the files that hold people and groups, sorted.
func (l loaded) data() []string {
	var out []string
	for name := range l {
		if name != manifestFile && !strings.HasSuffix(name, checksumSuffix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// summed reports whether a file has a checksum, which fits.
func (l loaded) summed(name string) bool {
	_, ok := l[name+checksumSuffix]
	return ok
}
