package terraform

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder is a configuration with a state of its own.
type folder struct {
	dir, cli string
	env      []string
}

// with returns the folder with a variable of the environment.
func (f folder) with(name, value string) folder {
	f.env = append(append([]string{}, f.env...), name+"="+value)
	return f
}

func (f folder) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the CLI, which must end with a status, and returns what it says.
func (f folder) run(t *testing.T, status int, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), f.cli, args...)
	cmd.Dir, cmd.Env = f.dir, f.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("%s ended with status %d, not %d:\n%s", strings.Join(args, " "), got, status, out)
	}
	return string(out)
}

func (f folder) apply(t *testing.T, args ...string) {
	t.Helper()
	f.run(t, 0, append([]string{"apply", "-auto-approve"}, args...)...)
}

// refused applies what the service refuses, and returns what the CLI says.
func (f folder) refused(t *testing.T, args ...string) string {
	t.Helper()
	// The CLI breaks lines where they become long.
	return strings.Join(strings.Fields(f.run(t, 1, append([]string{"apply", "-auto-approve"}, args...)...)), " ")
}

// settled checks that nothing is to be changed.
func (f folder) settled(t *testing.T, args ...string) {
	t.Helper()
	f.run(t, 0, append([]string{"plan", "-detailed-exitcode"}, args...)...)
}

func (f folder) destroy(t *testing.T, args ...string) {
	t.Helper()
	f.run(t, 0, append([]string{"destroy", "-auto-approve"}, args...)...)
}

// change is what a plan does to a resource.
type change struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	Change  struct {
		Actions   []string  `json:"actions"`
		Importing *struct{} `json:"importing"`
	} `json:"change"`
}

// plan writes a plan to the file "plan", for apply, and returns what it does.
func (f folder) plan(t *testing.T, args ...string) []change {
	t.Helper()
	f.run(t, 0, append([]string{"plan", "-out=plan"}, args...)...)
	var plan struct {
		Changes []change `json:"resource_changes"`
	}
	f.read(t, &plan, "show", "-json", "plan")
	return plan.Changes
}

// resource is a resource of the state.
type resource struct {
	Address string         `json:"address"`
	Mode    string         `json:"mode"` // managed or data
	Type    string         `json:"type"`
	Values  map[string]any `json:"values"`
}

// resources returns the resources that the state manages.
func (f folder) resources(t *testing.T) []resource {
	t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []resource `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	f.read(t, &state, "show", "-json")
	return slices.DeleteFunc(state.Values.Root.Resources, func(r resource) bool { return r.Mode != "managed" })
}

// outputs returns the outputs as JSON.
func (f folder) outputs(t *testing.T) map[string]string {
	t.Helper()
	var all map[string]struct {
		Value json.RawMessage `json:"value"`
	}
	f.read(t, &all, "output", "-json")
	texts := map[string]string{}
	for name, output := range all {
		texts[name] = compact(t, output.Value)
	}
	return texts
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read decodes what the CLI says as JSON.
func (f folder) read(t *testing.T, into any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), f.cli, args...)
	cmd.Dir, cmd.Env = f.dir, f.env
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, into)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
