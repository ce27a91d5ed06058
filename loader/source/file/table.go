package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// count is what a manifest says of a file.
type count struct {
	Rows   int    `json:"rows"`
	SHA256 string `json:"sha256"`
}

// manifest reads and checks manifest.json: {"users.csv": {"rows": 120, "sha256": "..."}, ...}, rows without the header.
// It must name every file that is read.
func (l loaded) manifest() (map[string]count, error) {
	data, ok := l[manifestFile]
	if !ok {
		return nil, nil //nolint:nilnil // there is none, and nothing of it is used
	}
	var out map[string]count
	if err := json.Unmarshal(data, &out, json.RejectUnknownMembers(true)); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s is no manifest", manifestFile)
	}
	for _, name := range l.data() {
		c, ok := out[name]
		sum := sha256.Sum256(l[name])
		switch {
		case !ok:
			return nil, fault.New(fault.Invalid, "%s does not name %s", manifestFile, name)
		case !strings.EqualFold(c.SHA256, hex.EncodeToString(sum[:])):
			return nil, fault.New(fault.Invalid, "%s is not the file that %s is of", name, manifestFile)
		}
	}
	return out, nil
}

// end says how far a table vouches for itself.
type end int

const (
	endUnknown  end = iota // it may be cut off
	endWhole               // a checksum fits: it is the file that was written
	endComplete            // its rows are counted: it is all there is
)

// table is a CSV file, row by row.
type table struct {
	name string
	head []string
	rows [][]string
	end  end
}

// tableOf reads a CSV file whose columns are among those known, of which the first `needed` must be there.
func (l loaded) tableOf(name string, counted map[string]count, summed bool, needed int, known ...string) (table, error) {
	t := table{name: name}
	data, rows, err := cutEnd(name, l[name])
	if err != nil {
		return t, err
	}
	reader := csv.NewReader(bytes.NewReader(data))
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.ContainsRune(first, ';') && !bytes.ContainsRune(first, ',') {
		reader.Comma = ';' // as spreadsheets write it where the comma is in numbers
	}
	for {
		row, err := reader.Read() // as many fields in each row as in the first
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, fault.Wrap(fault.Invalid, err, "%s is no CSV file", name)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		t.rows = append(t.rows, row)
	}
	if len(t.rows) == 0 {
		return t, fault.New(fault.Invalid, "%s is empty: it has not even a header", name)
	}
	t.head, t.rows = t.rows[0], t.rows[1:]
	if err := t.checkHead(needed, known); err != nil {
		return t, err
	}
	if c, ok := counted[name]; ok {
		if rows >= 0 && rows != c.Rows {
			return t, fault.New(fault.Invalid, "%s and %s count differently", name, manifestFile)
		}
		rows = c.Rows
	}
	switch {
	case rows >= 0 && rows != len(t.rows):
		return t, fault.New(fault.Invalid, "%s has %d rows and should have %d: it is cut off or mixed up", name, len(t.rows), rows)
	case rows >= 0:
		t.end = endComplete
	case summed || l.summed(name):
		t.end = endWhole
	case !bytes.HasSuffix(data, []byte("\n")) && len(t.rows) > 0:
		t.rows = t.rows[:len(t.rows)-1] // which may be half a row
	}
	return t, nil
}

// checkHead refuses columns that nobody knows, and those that are missing.
func (t table) checkHead(needed int, known []string) error {
	seen := map[string]bool{}
	for _, column := range t.head {
		switch {
		case !slices.Contains(known, column):
			return fault.New(fault.Invalid, "%s has a column %q; known are %s", t.name, column, strings.Join(known, ", "))
		case seen[column]:
			return fault.New(fault.Invalid, "%s has two columns %q", t.name, column)
		}
		seen[column] = true
	}
	for _, column := range known[:needed] {
		if !seen[column] {
			return fault.New(fault.Invalid, "%s has no column %q", t.name, column)
		}
	}
	return nil
}

// cell returns a value of a row, "" where there is no such column.
func (t table) cell(row []string, column string) string {
	if i := slices.Index(t.head, column); i >= 0 {
		return row[i]
	}
	return ""
}

// cutEnd takes the line off that says how many rows there are: -1 without one. It must be the last.
func cutEnd(name string, data []byte) (rest []byte, rows int, err error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil, 0, fault.New(fault.Invalid, "%s is not in UTF-8", name)
	}
	line := regexp.MustCompile(`(?m)^# end rows=(\d{1,9})\r?$`)
	at := line.FindSubmatchIndex(data)
	if at == nil {
		return data, -1, nil
	}
	if len(bytes.TrimSpace(data[at[1]:])) > 0 {
		return nil, 0, fault.New(fault.Invalid, "%s goes on after the line that ends it", name)
	}
	rows, err = strconv.Atoi(string(data[at[2]:at[3]]))
	return data[:at[0]], rows, err
}
