package peribolos

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// form says what a file holds.
type form int

const (
	formFull         form = iota // orgs at the top
	formOrganization             // one organization
	formTeams                    // teams of one organization
)

// input is a file to read.
type input struct {
	path         string
	form         form
	organization string // the folder's name, unless formFull
}

// Names of files that mean something by themselves.
const (
	organizationFile = "org.yaml"
	teamsFile        = "teams.yaml"
	restrictionsFile = "restrictions.yaml" // of another tool: which repositories a folder may name
)

func isYAML(name string) bool {
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

// inputs finds the files of the source, an organization's own file before those below it.
func (s *Source) inputs(f *faults) []input {
	if s.path != "" {
		return []input{{path: s.path}}
	}
	entries, err := fs.ReadDir(s.fsys, ".")
	if err != nil {
		f.add(position{}, "the directory cannot be read: %v", err)
		return nil
	}
	var out []input
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, ".") || name == restrictionsFile:
		case s.isDir(name, e):
			out = append(out, s.organizationInputs(name, f)...)
		case isYAML(name):
			out = append(out, input{path: name})
		}
	}
	if len(out) == 0 {
		f.add(position{}, "there is no organization here: want a folder with %s for each, or YAML files with orgs at the top", organizationFile)
	}
	return out
}

// isDir reports whether an entry is a directory or a link to one.
func (s *Source) isDir(name string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := fs.Stat(s.fsys, name)
	return err == nil && info.IsDir()
}

// organizationInputs finds the files of an organization's folder; a folder without org.yaml is something else.
func (s *Source) organizationInputs(folder string, f *faults) []input {
	own := path.Join(folder, organizationFile)
	if _, err := fs.Stat(s.fsys, own); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		f.add(position{file: own}, "cannot be read: %v", err)
		return nil
	}
	out := []input{{path: own, form: formOrganization, organization: folder}}
	err := fs.WalkDir(s.fsys, folder, func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			f.add(position{file: p}, "cannot be read: %v", err)
		case strings.HasPrefix(e.Name(), ".") && e.IsDir():
			return fs.SkipDir
		case !e.IsDir() && s.isDir(p, e):
			f.add(position{file: p}, "a link to a directory is not followed")
		case e.IsDir() || !isYAML(e.Name()) || strings.HasPrefix(e.Name(), ".") || p == own:
		case e.Name() == teamsFile:
			out = append(out, input{path: p, form: formTeams, organization: folder})
		default:
			f.add(position{file: p}, "only %s of the folder and %s below it are read: rename or move this file", organizationFile, teamsFile)
		}
		return nil
	})
	if err != nil {
		f.add(position{file: folder}, "cannot be read: %v", err)
	}
	slices.SortFunc(out[1:], func(a, b input) int { return strings.Compare(a.path, b.path) })
	return out
}
