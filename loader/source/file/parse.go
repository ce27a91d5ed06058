package file

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// parse returns what the files say. summed says that a checksum of the settings' fits the one file.
func (l loaded) parse(summed bool) (directory.Snapshot, error) {
	counted, err := l.manifest()
	if err != nil {
		return directory.Snapshot{}, err
	}
	names := l.data()
	if len(names) == 2 {
		return l.tables(counted)
	}
	name := names[0]
	_, listed := counted[name]
	switch filepath.Ext(name) {
	case ".json":
		return parseJSON(name, l[name])
	case ".yaml", ".yml":
		return parseYAML(name, l[name], summed || listed || l.summed(name))
	case ".csv":
		return l.pairs(name, counted, summed)
	}
	return directory.Snapshot{}, fault.New(fault.Invalid, "%s is neither .yaml, .json nor .csv", name)
}

// document is a directory.Snapshot in which a list that is not there differs from an empty one.
type document[list any] struct {
	Partial        bool             `json:"partial" yaml:"partial"`
	UsersComplete  bool             `json:"users-complete" yaml:"users-complete"`
	GroupsComplete bool             `json:"groups-complete" yaml:"groups-complete"`
	Users          []directory.User `json:"users" yaml:"users"`
	Groups         []group[list]    `json:"groups" yaml:"groups"`
	Cursor         string           `json:"cursor" yaml:"cursor"`
	Warnings       []string         `json:"warnings" yaml:"warnings"`
}

type group[list any] struct {
	ID            string   `json:"id" yaml:"id"`
	Name          string   `json:"name" yaml:"name"`
	Members       list     `json:"members" yaml:"members"`
	Groups        []string `json:"groups" yaml:"groups"`
	Unknown       string   `json:"unknown" yaml:"unknown"`
	Incremental   bool     `json:"incremental" yaml:"incremental"`
	Removed       []string `json:"removed" yaml:"removed"`
	RemovedGroups []string `json:"removed-groups" yaml:"removed-groups"`
	Deleted       bool     `json:"deleted" yaml:"deleted"`
}

// snapshot returns the document, with the members of each group as decode reads them: nil where they are not there.
func (d document[list]) snapshot(decode func(list) ([]string, error)) (directory.Snapshot, error) {
	out := directory.Snapshot{
		Partial: d.Partial, UsersComplete: d.UsersComplete, GroupsComplete: d.GroupsComplete,
		Users: d.Users, Warnings: d.Warnings, Groups: make([]directory.Group, 0, len(d.Groups)),
	}
	for _, g := range d.Groups {
		members, err := decode(g.Members)
		if err != nil {
			return directory.Snapshot{}, fault.New(fault.Invalid, "the members of group %q are no list of ids", g.ID)
		}
		if members == nil && g.Unknown == "" && !g.Deleted && !g.Incremental {
			g.Unknown = "the file says nothing of its members; for none write members: []"
		}
		out.Groups = append(out.Groups, directory.Group{
			ID: g.ID, Name: g.Name, Members: members, Groups: g.Groups, Unknown: g.Unknown, Deleted: g.Deleted,
			Incremental: g.Incremental, Removed: g.Removed, RemovedGroups: g.RemovedGroups,
		})
	}
	return out, nil
}

// parseJSON reads a JSON file. A list that is null is empty, as programs write it.
func parseJSON(name string, data []byte) (directory.Snapshot, error) {
	var d document[jsontext.Value]
	if err := json.Unmarshal(data, &d, json.RejectUnknownMembers(true)); err != nil {
		return directory.Snapshot{}, fault.Wrap(fault.Invalid, err, "%s is no directory in JSON", name)
	}
	return d.snapshot(func(v jsontext.Value) ([]string, error) {
		if v == nil {
			return nil, nil
		}
		out := []string{}
		err := json.Unmarshal(v, &out)
		return append([]string{}, out...), err
	})
}

// parseYAML reads a YAML file. whole says that something outside of the file vouches for its end.
func parseYAML(name string, data []byte, whole bool) (directory.Snapshot, error) {
	invalid := func(err error) (directory.Snapshot, error) {
		return directory.Snapshot{}, fault.Wrap(fault.Invalid, err, "%s is no directory in YAML", name)
	}
	var root yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(data))
	if err := reader.Decode(&root); err != nil {
		return invalid(err)
	}
	if err := reader.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return directory.Snapshot{}, fault.New(fault.Invalid, "%s holds more than one document", name)
	}
	if !whole && !ends(&root, data) {
		return directory.Snapshot{}, fault.New(fault.Invalid, "%s does not say where it ends: put users-complete and groups-complete last, or a line \"...\", or make a checksum", name)
	}
	var d document[yaml.Node]
	reader = yaml.NewDecoder(bytes.NewReader(data))
	reader.KnownFields(true)
	if err := reader.Decode(&d); err != nil {
		return invalid(err)
	}
	return d.snapshot(func(n yaml.Node) ([]string, error) {
		if n.IsZero() {
			return nil, nil
		}
		out := []string{}
		err := n.Decode(&out)
		return append([]string{}, out...), err
	})
}

// ends reports whether a YAML file says itself where it ends: with a mark after everything else, each after its list, or
// with the line that ends a document.
func ends(root *yaml.Node, data []byte) bool {
	text := strings.TrimRight(string(data), " \t\r\n")
	if text == "..." || strings.HasSuffix(text, "\n...") {
		return true
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode || root.Content[0].Style&yaml.FlowStyle != 0 {
		return len(root.Content) == 1 && root.Content[0].Style&yaml.FlowStyle != 0 // which ends with its bracket
	}
	at := map[string]int{}
	last := ""
	for i, n := range root.Content[0].Content {
		if i%2 == 0 {
			at[n.Value], last = i+1, n.Value
		}
	}
	// A mark before its list says nothing: the list may be cut off.
	return (last == "users-complete" || last == "groups-complete") &&
		(at["users-complete"] == 0 || 0 < at["users"] && at["users"] < at["users-complete"]) &&
		(at["groups-complete"] == 0 || 0 < at["groups"] && at["groups"] < at["groups-complete"])
}
