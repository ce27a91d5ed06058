package file_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
	"github.com/terrawarden/terrawarden/loader/source/file"
)

// files are written to a directory; one alone is read by its path.
type files map[string]string

func (f files) write(t testing.TB, dir string) string {
	t.Helper()
	for name, content := range f {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if len(f) == 1 {
			return filepath.Join(dir, name)
		}
	}
	return dir
}

func readFiles(t testing.TB, f files) (directory.Snapshot, error) {
	t.Helper()
	return readPath(t, file.Settings{Path: f.write(t, t.TempDir())})
}

func readPath(t testing.TB, s file.Settings) (directory.Snapshot, error) {
	t.Helper()
	source, err := file.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return source.Read(t.Context(), directory.Request{Cursor: "of another source"})
}

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// The same directory in each format.
const (
	yamlFile = `# people of the example
users:
  - {id: u-1, username: ann, email: ann@example.org}
  - id: u-2
    username: bob
    disabled: true
  - {id: u-3, username: "Cy"}
users-complete: true
groups:
  - id: g-1
    name: dev
    members: [u-1, u-3]
    groups: [g-2]
  - id: g-2
    name: ops
    members:
      - u-2
      - u-3
  - id: g-3
    name: none
    members:
groups-complete: true
`
	jsonFile = `{"users-complete": true, "groups-complete": true,
"users": [{"id": "u-1", "username": "ann", "email": "ann@example.org"}, {"id": "u-2", "username": "bob", "disabled": true}, {"id": "u-3", "username": "Cy"}],
"groups": [{"id": "g-1", "name": "dev", "members": ["u-1", "u-3"], "groups": ["g-2"]},
{"id": "g-2", "name": "ops", "members": ["u-2", "u-3"]}, {"id": "g-3", "name": "none", "members": null}]}
`
	usersCSV   = "id,username,email,disabled\nu-1,ann,ann@example.org,\nu-2,bob,,true\nu-3,Cy,,no\n# end rows=3\n"
	membersCSV = "group_id,group_name,user_id\ng-1,dev,u-1\ng-2,ops,u-2\ng-1,dev,u-3\ng-2,ops,u-3\ng-3,none,\n# end rows=5\n"
	pairsCSV   = "group,user\ndev,ann\ndev,Cy\nops,bob\nops,cy\nnone,\n,dee\n# end rows=6\n"
)

func want(nested ...string) directory.Snapshot {
	return directory.Snapshot{
		UsersComplete: true, GroupsComplete: true,
		Users: []directory.User{{ID: "u-1", Username: "ann", Email: "ann@example.org"}, {ID: "u-2", Username: "bob", Disabled: true}, {ID: "u-3", Username: "Cy"}},
		Groups: []directory.Group{
			{ID: "g-1", Name: "dev", Members: []string{"u-1", "u-3"}, Groups: nested},
			{ID: "g-2", Name: "ops", Members: []string{"u-2", "u-3"}},
			{ID: "g-3", Name: "none", Members: []string{}},
		},
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	tables := files{"users.csv": usersCSV, "members.csv": membersCSV}
	manifest := fmt.Sprintf(`{"users.csv": {"rows": 3, "sha256": %q}, "members.csv": {"rows": 5, "sha256": %q}}`, sum(uncounted(usersCSV)), sum(uncounted(membersCSV)))
	tests := map[string]struct {
		files files
		want  directory.Snapshot
	}{
		"YAML":                    {files{"people.yaml": yamlFile}, want("g-2")},
		"YAML in a directory":     {files{"people.yml": yamlFile, "README.txt": "x", ".hidden.yaml": "x"}, want("g-2")},
		"YAML that ends its way":  {files{"people.yaml": "users-complete: true\ngroups-complete: true\n" + unmarked() + "...\n"}, want("g-2")},
		"YAML with a checksum":    {files{"people.yaml": marksFirst(), "people.yaml.sha256": sum(marksFirst()) + "  people.yaml\n"}, want("g-2")},
		"JSON":                    {files{"people.json": jsonFile}, want("g-2")},
		"JSON in YAML":            {files{"people.yaml": strings.ReplaceAll(jsonFile, "null", "[]")}, want("g-2")},
		"CSV":                     {tables, want()},
		"CSV of a spreadsheet":    {files{"users.csv": "\xef\xbb\xbf" + strings.ReplaceAll(strings.ReplaceAll(usersCSV, ",", ";"), "\n", "\r\n"), "members.csv": strings.ReplaceAll(membersCSV, "\n", "\r\n")}, want()},
		"CSV counted elsewhere":   {files{"users.csv": uncounted(usersCSV), "members.csv": uncounted(membersCSV), "manifest.json": manifest}, want()},
		"CSV with its own counts": {files{"users.csv": usersCSV, "members.csv": membersCSV, "users.csv.sha256": sum(usersCSV)}, want()},
		"CSV of names": {files{"people.csv": pairsCSV}, directory.Snapshot{
			UsersComplete: true, GroupsComplete: true,
			Users:  []directory.User{{ID: "ann", Username: "ann"}, {ID: "cy", Username: "Cy"}, {ID: "bob", Username: "bob"}, {ID: "dee", Username: "dee"}},
			Groups: []directory.Group{{ID: "dev", Name: "dev", Members: []string{"ann", "cy"}}, {ID: "ops", Name: "ops", Members: []string{"bob", "cy"}}, {ID: "none", Name: "none", Members: []string{}}},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readFiles(t, test.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// uncounted takes the last line off.
func uncounted(text string) string { return text[:strings.LastIndex(text, "# end")] }

// unmarked takes the marks off.
func unmarked() string {
	return strings.NewReplacer("users-complete: true\n", "", "groups-complete: true\n", "").Replace(yamlFile)
}

func marksFirst() string {
	return "users-complete: true\ngroups-complete: true\n" + unmarked()
}

// fill sets every field of a struct, so that one that is new is not forgotten.
func fill[T any](t *testing.T) T {
	t.Helper()
	var out T
	v := reflect.ValueOf(&out).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString(v.Type().Field(i).Name)
		case bool:
			f.SetBool(true)
		case []string:
			f.Set(reflect.ValueOf([]string{v.Type().Field(i).Name}))
		case []directory.User, []directory.Group:
		default:
			t.Fatalf("%s is of a new kind", v.Type().Field(i).Name)
		}
	}
	return out
}

// What a snapshot is as JSON is a file.
func TestSnapshotIsAFile(t *testing.T) {
	t.Parallel()
	before := fill[directory.Snapshot](t)
	before.Users, before.Groups = append(want().Users, fill[directory.User](t)), append(want("g-2").Groups, fill[directory.Group](t))
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readFiles(t, files{"snapshot.json": string(data)})
	if err != nil {
		t.Fatal(err)
	}
	before.Cursor = ""
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Without marks, who or what is missing stays; without an end, so do the members of all groups.
func TestUnmarked(t *testing.T) {
	t.Parallel()
	users, members := uncounted(usersCSV), uncounted(membersCSV)
	tests := map[string]struct {
		files   files
		unknown bool // members of groups
	}{
		"YAML":                  {files{"people.yaml": unmarked() + "...\n"}, false},
		"YAML, marked as not":   {files{"people.yaml": strings.ReplaceAll(yamlFile, "complete: true", "complete: false")}, false},
		"JSON":                  {files{"people.json": strings.ReplaceAll(jsonFile, "complete\": true", "complete\": false")}, false},
		"CSV with checksums":    {files{"users.csv": users, "members.csv": members, "users.csv.sha256": sum(users), "members.csv.sha256": sum(members)}, false},
		"CSV":                   {files{"users.csv": users, "members.csv": members}, true},
		"CSV of names":          {files{"people.csv": uncounted(pairsCSV)}, true},
		"CSV of names, checked": {files{"people.csv": uncounted(pairsCSV), "people.csv.sha256": sum(uncounted(pairsCSV))}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readFiles(t, test.files)
			if err != nil {
				t.Fatal(err)
			}
			if got.UsersComplete || got.GroupsComplete || len(got.Users) < 3 || len(got.Groups) != 3 {
				t.Errorf("%+v", got)
			}
			for _, g := range got.Groups {
				if (g.Unknown != "") != test.unknown {
					t.Errorf("group %s: unknown %q", g.Name, g.Unknown)
				}
			}
		})
	}
	// What a file does not speak of is not nobody.
	got, err := readFiles(t, files{"people.yaml": lines("users: []", "groups: [{id: g-1, name: dev}]", "groups-complete: true")})
	if err != nil || got.Groups[0].Unknown == "" {
		t.Errorf("a group without a list of members: %+v, %v", got, err)
	}
}

// Wherever a file is cut off, nobody loses anything.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]files{
		"YAML":         {"people.yaml": yamlFile},
		"YAML, marked": {"people.yaml": marksFirst() + "...\n"},
		"JSON":         {"people.json": jsonFile},
		"users":        {"users.csv": usersCSV, "members.csv": membersCSV},
		"members":      {"members.csv": membersCSV, "users.csv": usersCSV},
		"names":        {"people.csv": pairsCSV},

		"users of two columns": {"users.csv": "id,username\nu-1,ann\nu-2,bobby\n# end rows=2\n", "members.csv": membersCSV},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := readFiles(t, whole)
			if err != nil {
				t.Fatal(err)
			}
			victim := strings.Fields(name)[0] + ".csv"
			for only := range whole {
				if len(whole) == 1 {
					victim = only
				}
			}
			content := whole[victim]
			dir := t.TempDir()
			refused := 0
			for cut := range len(strings.TrimRight(content, "\n")) {
				cutOff := files{}
				for n, c := range whole {
					cutOff[n] = c
				}
				cutOff[victim] = content[:cut]
				got, err := readPath(t, file.Settings{Path: cutOff.write(t, dir)})
				if err != nil {
					refused++
				}
				takesNothing(t, fmt.Sprintf("cut at %d", cut), before, got, err)
			}
			if refused == 0 {
				t.Error("no cut was refused")
			}
		})
	}
}

// takesNothing fails the test when a read could take anything from anybody.
func takesNothing(t *testing.T, what string, before, got directory.Snapshot, err error) {
	t.Helper()
	if err != nil {
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: the error is %v", what, err)
		}
		return
	}
	users, groups := map[string]directory.User{}, map[string]directory.Group{}
	for _, u := range got.Users {
		users[u.ID] = u
	}
	for _, g := range got.Groups {
		groups[g.ID] = g
	}
	for _, u := range before.Users {
		if now, ok := users[u.ID]; !ok && got.UsersComplete || ok && (now.Disabled && !u.Disabled || now.Username != u.Username) {
			t.Errorf("%s: %s would be suspended or renamed: %+v", what, u.Username, now)
		}
	}
	for _, g := range before.Groups {
		now, ok := groups[g.ID]
		gone := func(id string) bool { return !slices.Contains(now.Members, id) }
		if !ok && got.GroupsComplete || ok && now.Unknown == "" && (slices.ContainsFunc(g.Members, gone) || len(now.Groups) < len(g.Groups)) {
			t.Errorf("%s: %s would lose somebody: %+v", what, g.Name, now)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tables := func(users, members string) files { return files{"users.csv": users, "members.csv": members} }
	head := "id,username,email,disabled\n"
	tests := map[string]struct {
		files files
		kind  fault.Kind
		says  string
	}{
		"nothing":                        {files{"a.txt": "", "b.txt": ""}, fault.NotFound, "there is no YAML, JSON or CSV file"},
		"another kind of file":           {files{"people.xml": ""}, fault.Invalid, "neither .yaml, .json nor .csv"},
		"two files":                      {files{"a.yaml": yamlFile, "b.yaml": yamlFile}, fault.Invalid, "which file? There are a.yaml, b.yaml"},
		"people alone":                   {files{"users.csv": usersCSV, "x": ""}, fault.Invalid, "users.csv is alone"},
		"an empty YAML file":             {files{"people.yaml": ""}, fault.Invalid, "no directory in YAML"},
		"no end":                         {files{"people.yaml": unmarked()}, fault.Invalid, "does not say where it ends"},
		"marks before their lists":       {files{"people.yaml": marksFirst()}, fault.Invalid, "does not say where it ends"},
		"a mark without its list":        {files{"people.yaml": lines("users: []", "groups-complete: true")}, fault.Invalid, "does not say where it ends"},
		"an unknown key":                 {files{"people.yaml": lines("users: [{id: a, username: a, disbled: true}]", "users-complete: true")}, fault.Invalid, "disbled"},
		"a key twice":                    {files{"people.yaml": lines("users: []", "users: []", "users-complete: true")}, fault.Invalid, "already"},
		"two documents":                  {files{"people.yaml": lines("users: []", "...", "---", "users: []", "...")}, fault.Invalid, "more than one document"},
		"an unknown member in JSON":      {files{"people.json": `{"users": [], "grups": []}`}, fault.Invalid, "grups"},
		"a member twice in JSON":         {files{"people.json": `{"users": [], "users": []}`}, fault.Invalid, "duplicate"},
		"a member in another case":       {files{"people.json": `{"Users": []}`}, fault.Invalid, "Users"},
		"JSON that goes on":              {files{"people.json": jsonFile + "{}"}, fault.Invalid, "no directory in JSON"},
		"members that are no list":       {files{"people.json": `{"groups": [{"id": "g", "name": "g", "members": "u-1"}]}`}, fault.Invalid, `members of group "g"`},
		"no id":                          {files{"people.json": `{"users": [{"id": "", "username": "ann"}]}`}, fault.Invalid, "user 1 has no id"},
		"an id twice":                    {files{"people.json": `{"users": [{"id": "a", "username": "ann"}, {"id": "a", "username": "bob"}]}`}, fault.Invalid, `two users of the id "a"`},
		"a name twice":                   {files{"people.json": `{"users": [{"id": "a", "username": "ann"}, {"id": "b", "username": "Ann"}]}`}, fault.Invalid, `two users of the name "Ann"`},
		"a group twice":                  {files{"people.json": `{"groups": [{"id": "a", "name": "a", "members": []}, {"id": "a", "name": "b", "members": []}]}`}, fault.Invalid, `two groups of the id "a"`},
		"rows that are missing":          {tables(strings.Replace(usersCSV, "u-2,bob,,true\n", "", 1), membersCSV), fault.Invalid, "has 2 rows and should have 3"},
		"rows too many":                  {tables(usersCSV, strings.Replace(membersCSV, "rows=5", "rows=4", 1)), fault.Invalid, "has 5 rows and should have 4"},
		"rows after the end":             {tables(usersCSV+"u-4,dee,,\n", membersCSV), fault.Invalid, "goes on after"},
		"no header":                      {tables("# end rows=0\n", membersCSV), fault.Invalid, "not even a header"},
		"a column nobody knows":          {tables("id,username,disable\nu-1,ann,true\n", membersCSV), fault.Invalid, `a column "disable"`},
		"a column twice":                 {tables("id,username,username\nu-1,ann,true\n", membersCSV), fault.Invalid, `two columns "username"`},
		"a column that is missing":       {tables("id,email\nu-1,a@b\n", membersCSV), fault.Invalid, `no column "username"`},
		"a row that is short":            {tables(head+"u-1,ann\n", membersCSV), fault.Invalid, "no CSV file"},
		"neither true nor false":         {tables(head+"u-1,ann,,perhaps\n", membersCSV), fault.Invalid, "row 1: disabled is neither"},
		"a group of two names":           {tables(usersCSV, "group_id,group_name,user_id\ng-1,dev,u-1\ng-1,ops,u-2\n"), fault.Invalid, `row 2: group "g-1" has another name`},
		"a group without an id":          {tables(usersCSV, "group_id,group_name,user_id\n,dev,u-1\n"), fault.Invalid, "row 1: there is no group_id"},
		"UTF-16":                         {tables("\xff\xfei\x00d\x00", membersCSV), fault.Invalid, "not in UTF-8"},
		"a checksum of another file":     {files{"people.yaml": yamlFile, "people.yaml.sha256": sum("x")}, fault.Invalid, "is not the file that people.yaml.sha256 is of"},
		"a checksum that is none":        {files{"people.yaml": yamlFile, "people.yaml.sha256": ""}, fault.Invalid, "holds no SHA-256"},
		"a manifest without it":          {files{"people.yaml": yamlFile, "manifest.json": "{}"}, fault.Invalid, "does not name people.yaml"},
		"a manifest of another file":     {files{"people.yaml": yamlFile, "manifest.json": `{"people.yaml": {"rows": 0, "sha256": "` + sum("x") + `"}}`}, fault.Invalid, "not the file that manifest.json is of"},
		"a manifest that counts":         {files{"people.csv": uncounted(pairsCSV), "manifest.json": `{"people.csv": {"rows": 7, "sha256": "` + sum(uncounted(pairsCSV)) + `"}}`}, fault.Invalid, "has 6 rows and should have 7"},
		"counts that differ":             {files{"people.csv": pairsCSV, "manifest.json": `{"people.csv": {"rows": 7, "sha256": "` + sum(pairsCSV) + `"}}`}, fault.Invalid, "count differently"},
		"a manifest that is none":        {files{"people.yaml": yamlFile, "manifest.json": "[]"}, fault.Invalid, "no manifest"},
		"aliases that never end (YAML)":  {files{"people.yaml": bomb()}, fault.Invalid, "no directory in YAML"},
		"a checksum of a different size": {files{"people.yaml": yamlFile, "people.yaml.sha256": sum("x") + "\n" + sum("y")}, fault.Invalid, "SHA-256"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readFiles(t, test.files)
			if !fault.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, want %q of kind %s (%+v)", err, test.says, test.kind, got)
			}
		})
	}
}

// bomb is a few lines that would be millions.
func bomb() string {
	out := []string{"a: &a [x, x, x, x, x, x, x, x, x]"}
	for c := 'b'; c < 'k'; c++ {
		out = append(out, fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1))
	}
	return lines(append(out, "users: *j", "users-complete: true")...)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	path := files{"people.yaml": yamlFile}.write(t, t.TempDir())
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	for name, test := range map[string]struct {
		settings file.Settings
		kind     fault.Kind // Internal: none
	}{
		"its checksum":               {file.Settings{Path: path, SHA256: strings.ToUpper(sum(yamlFile))}, fault.Internal},
		"the checksum of another":    {file.Settings{Path: path, SHA256: sum("x")}, fault.Invalid},
		"just large enough":          {file.Settings{Path: path, MaxSize: int64(len(yamlFile))}, fault.Internal},
		"too large":                  {file.Settings{Path: path, MaxSize: int64(len(yamlFile)) - 1}, fault.Limited},
		"no file":                    {file.Settings{Path: missing}, fault.NotFound},
		"one checksum for two files": {file.Settings{Path: files{"users.csv": usersCSV, "members.csv": membersCSV}.write(t, t.TempDir()), SHA256: sum(usersCSV)}, fault.Invalid},
	} {
		if _, err := readPath(t, test.settings); test.kind == fault.Internal && err != nil || test.kind != fault.Internal && !fault.Is(err, test.kind) {
			t.Errorf("%s: %v, want kind %s", name, err, test.kind)
		}
	}
	_, err := file.New(file.Settings{SHA256: "x", MaxSize: -1})
	if got := len(fault.All(err)); got != 3 {
		t.Errorf("%d faults of three: %v", got, err)
	}
}

// While files are replaced, what is read is of one version or an error.
func TestReplacedWhileReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version := func(n int) files {
		return files{
			"users.csv":   fmt.Sprintf("id,username\nu-%d,ann\n# end rows=1\n", n),
			"members.csv": fmt.Sprintf("group_id,group_name,user_id\ng-1,dev,u-%d\n# end rows=1\n", n),
		}
	}
	version(0).write(t, dir)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 1; ; n++ {
			for name, content := range version(n % 1000) {
				select {
				case <-stop:
					return
				default:
				}
				next := filepath.Join(dir, "."+name)
				_ = os.WriteFile(next, []byte(content), 0o600)
				_ = os.Rename(next, filepath.Join(dir, name))
			}
		}
	}()
	source, err := file.New(file.Settings{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		got, err := source.Read(t.Context(), directory.Request{})
		if err != nil {
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("the error is %v", err)
			}
			continue
		}
		if len(got.Users) != 1 || len(got.Groups) != 1 {
			t.Errorf("half a version: %+v", got)
		}
	}
	close(stop)
	<-ended
	if _, err := source.Read(t.Context(), directory.Request{}); err != nil {
		t.Error(errors.Join(err, errors.New("nothing is replaced any more")))
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{yamlFile, jsonFile, usersCSV, membersCSV, pairsCSV, marksFirst()} {
		for kind := range 3 {
			f.Add([]byte(seed), kind)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, kind int) {
		name := []string{"a.yaml", "a.json", "a.csv"}[uint(kind)%3]
		path := filepath.Join(dir, fmt.Sprintf("%d-%s", os.Getpid(), name))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readPath(t, file.Settings{Path: path})
		if err != nil {
			if len(fault.All(err)) == 0 {
				t.Fatalf("the error %v names no fault", err)
			}
			return
		}
		for _, u := range got.Users {
			if u.ID == "" {
				t.Fatal("a user without an id")
			}
		}
	})
}
