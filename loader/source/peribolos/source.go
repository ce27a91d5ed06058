package peribolos

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader"
)

// Source is a directory or file in the form of Peribolos.
type Source struct {
	fsys fs.FS
	path string // of the one file to read, "" for all
	err  error
}

var _ loader.Source = (*Source)(nil)

// New returns the source at a path, a directory or one file in Peribolos' own form. It reads nothing of the
// contents yet; a path that cannot be opened is Read's error.
func New(path string) *Source {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return &Source{err: fault.Wrap(fault.Invalid, err, "%s cannot be read", path)}
	case info.IsDir():
		return &Source{fsys: os.DirFS(path)}
	}
	return &Source{fsys: os.DirFS(filepath.Dir(path)), path: filepath.Base(path)}
}

// FromFS returns the source in the root of a file system.
func FromFS(fsys fs.FS) *Source { return &Source{fsys: fsys} }

// Read returns everything the files say. Its faults are joined, in order of file and line, and each begins with
// them: "acme/org.yaml:12: ...".
func (s *Source) Read(ctx context.Context) (loader.Estate, error) {
	if s.err != nil {
		return loader.Estate{}, s.err
	}
	f := &faults{}
	c := newCollection(f)
	for _, in := range s.inputs(f) {
		if err := ctx.Err(); err != nil {
			return loader.Estate{}, err
		}
		root, ok := readDocument(s.fsys, in.path, f)
		if !ok || !c.add(in, root) {
			c.unread[fold(in.organization)] = true
		}
	}
	c.check()
	if err := f.err(); err != nil {
		return loader.Estate{}, err
	}
	estate := c.estate().Normalize()
	return estate, estate.Validate()
}
