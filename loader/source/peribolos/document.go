package peribolos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// maxFileSize bounds a file; the largest known one has a hundredth of it.
const maxFileSize = 16 << 20

// readDocument reads the one YAML document of a file. It reports false after adding a fault.
func readDocument(fsys fs.FS, path string, f *faults) (*yaml.Node, bool) {
	data, err := readFile(fsys, path)
	if errors.Is(err, errTooLarge) {
		f.list = append(f.list, located{at: position{file: path}, kind: fault.Limited, text: fmt.Sprintf("the file is larger than %d MiB", maxFileSize>>20)})
		return nil, false
	}
	if err != nil {
		f.add(position{file: path}, "cannot be read: %v", err)
		return nil, false
	}
	first, second, err := parse(data)
	switch {
	case err != nil:
		f.add(position{path, faultyLine(data, err)}, "%s", syntaxText(err))
	case first == nil:
		f.add(position{path, 1}, "the file is empty")
	case second != nil:
		f.add(position{path, second.Line}, "a second document begins: a file holds one")
	default:
		return first.Content[0], true
	}
	return nil, false
}

// parse returns the first two documents, nil where there is none.
func parse(data []byte) (first, second *yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for _, doc := range []**yaml.Node{&first, &second} {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		*doc = &n
	}
	return first, second, nil
}

// faultyLine returns the line where the parser fails: the last of the fewest lines on which it fails alike. The
// parser itself names a line in its text only, not always, and sometimes the one before.
func faultyLine(data []byte, want error) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	return sort.Search(len(lines), func(n int) bool {
		_, _, err := parse(bytes.Join(lines[:n], nil))
		return err != nil && err.Error() == want.Error()
	})
}

// syntaxText returns what the parser says, without its own name and line.
func syntaxText(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(text, "line ") {
		if _, rest, ok := strings.Cut(text, ": "); ok {
			return rest
		}
	}
	return text
}

var errTooLarge = errors.New("file too large")

func readFile(fsys fs.FS, path string) ([]byte, error) {
	file, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if len(data) > maxFileSize {
		return nil, errTooLarge
	}
	return data, err
}
