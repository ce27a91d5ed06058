package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/terrawarden/terrawarden/internal/testkit"
	"github.com/terrawarden/terrawarden/loader/directory"
)

// desk is a running service with a source of its own, the file hr, and one that is uploaded, far.
type desk struct {
	shell

	file string // what hr reads
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	cfg := testkit.Sized(t, "embedded")
	d := &desk{file: filepath.Join(t.TempDir(), "hr.json")}
	section := `
sync:
  sources:
    - {name: hr, kind: file, apply-first: true, file: {path: ` + d.file + `}}
    - {name: far, kind: upload}
  rules:
    - {name: crews, source: hr, group: crew, team: acme/sre}
`
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "terrawarden.yaml"), []byte(section), 0o600); err != nil {
		t.Fatal(err)
	}
	p := testkit.Serve(t, cfg, "TERRAWARDEN_EXAMPLE=true")
	d.shell = shell{testkit.Binary(t), append(os.Environ(), "TERRAWARDEN_SERVER="+p.URL, "TERRAWARDEN_TOKEN="+p.SiteToken)}
	return d
}

// says writes what the directory says: people p0 and on, and groups with the first so many of them.
func (d *desk) says(t *testing.T, people int, groups map[string]int) {
	t.Helper()
	s := directory.Snapshot{UsersComplete: true, GroupsComplete: true, Users: []directory.User{}, Groups: []directory.Group{}}
	for i := range people {
		s.Users = append(s.Users, directory.User{ID: fmt.Sprint("u", i), Username: fmt.Sprint("p", i)})
	}
	for name, n := range groups {
		g := directory.Group{ID: "id-" + name, Name: name, Members: []string{}}
		for i := range n {
			g.Members = append(g.Members, fmt.Sprint("u", i))
		}
		s.Groups = append(s.Groups, g)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// want runs a command and looks at its status and what it says. It returns standard output.
func (d *desk) want(t *testing.T, status int, args string, says ...string) string {
	t.Helper()
	out, errOut, got := d.run(t, strings.Fields(args)...)
	if got != status {
		t.Errorf("%s ends with %d, want %d\n%s%s", args, got, status, out, errOut)
	}
	for _, text := range says {
		if !strings.Contains(out+errOut, text) {
			t.Errorf("%s does not say %q:\n%s%s", args, text, out, errOut)
		}
	}
	if strings.Contains(out+errOut, "\x1b[") {
		t.Errorf("%s writes colours into a pipe", args)
	}
	return out
}

// found returns the first part of a text that a pattern with one group finds.
func found(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing is like %s in\n%s", pattern, text)
	}
	return m[1]
}

// TestSyncAsAnOperator types what somebody does who has a directory: plan, apply, look, fire somebody, have an accident.
func TestSyncAsAnOperator(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.says(t, 30, map[string]int{"crew": 30, "few": 2})
	d.want(t, 0, "sync status", "hr", "file", "not in step yet", "never", "on demand")
	planned := d.want(t, 1, "sync plan hr --exit-code", "planned, nothing changed yet", "30 new", "+32 of 0", "p0, p1, p10, and 27 more", "sync apply sync-")
	d.want(t, 1, "check user:p7 apply_run workspace:acme/prod")
	id, digest := found(t, `Plan (sync-\S+)`, planned), found(t, `--digest (\S+)`, planned)
	d.want(t, 2, "sync apply "+id+" --digest another", "another digest", "409")
	d.want(t, 2, "sync apply "+id, "--digest says")
	d.want(t, 0, "sync apply "+id+" --digest "+digest, "Done: hr is in step")
	d.want(t, 0, "check user:p7 apply_run workspace:acme/prod")
	d.want(t, 0, "sync plan hr --exit-code", "nothing to do")
	d.want(t, 0, "sync run hr", "hr and the catalog agree: nothing to do.")
	d.want(t, 0, "sync status", "ok", "just now")

	d.says(t, 29, map[string]int{"crew": 29, "few": 2}) // p29 has left
	d.want(t, 0, "check user:p29 apply_run workspace:acme/prod")
	d.want(t, 0, "sync run hr", "Done: hr is in step", "1 suspended")
	d.want(t, 1, "check user:p29 apply_run workspace:acme/prod")

	d.says(t, 0, nil) // an export that was cut off
	held := d.want(t, 1, "sync run hr", "held until somebody approves it", "guards hold it", "empty-source", "those that take most away first", "sync reject sync-")
	id = found(t, `Plan (sync-\S+)`, held)
	d.want(t, 0, "check user:p7 apply_run workspace:acme/prod")
	d.want(t, 1, "sync status hr", "held "+id, "hr waits: terrawarden sync show "+id)
	d.want(t, 1, "sync apply "+id+" --yes", "held until somebody approves it")
	d.want(t, 0, "sync show "+id+" --all", "- p28")
	var document directory.Plan
	if err := json.Unmarshal([]byte(d.want(t, 0, "sync show "+id+" --document")), &document); err != nil || document.Source != "hr" || len(document.Trips) == 0 {
		t.Errorf("the document is %+v, %v", document, err)
	}
	d.want(t, 0, "sync reject "+id+" --comment nonsense", "rejected", "nonsense")
	d.want(t, 2, "sync approve "+id+" --digest "+digest, "409")
	d.want(t, 0, "sync history hr --limit 1", id, "rejected", "nonsense", "older (--limit")
	d.want(t, 0, "sync history --status applied", "applied")
}

func TestSyncApprovesPausesAndResyncs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.says(t, 20, map[string]int{"crew": 20, "few": 2})
	d.want(t, 0, "sync plan hr")
	d.want(t, 0, "sync apply --yes --source hr", "applying plan sync-", "digest ", "Done: hr is in step")
	d.says(t, 20, map[string]int{"crew": 2, "few": 1})
	var held struct {
		ID      string `json:"id"`
		Digest  string `json:"digest"`
		Status  string `json:"status"`
		Changes []struct {
			Name    string `json:"name"`
			Removes int    `json:"removes"`
		} `json:"changes"`
	}
	if err := json.Unmarshal([]byte(d.want(t, 1, "sync run hr -o json")), &held); err != nil || held.Status != "held" || held.Changes[0].Name != "crew" || held.Changes[0].Removes != 18 {
		t.Fatalf("held is %+v, %v", held, err)
	}
	d.want(t, 2, "sync approve "+held.ID, "digest")
	d.want(t, 0, "sync approve "+held.ID+" --digest "+held.Digest+" --comment dissolved", "Done: hr is in step", "-19")
	d.want(t, 1, "check user:p7 apply_run workspace:acme/prod")
	d.want(t, 0, "sync pause hr", "source hr is paused")
	d.want(t, 2, "sync run hr", "paused")
	d.want(t, 0, "sync status hr", "paused", "when resumed")
	d.want(t, 0, "sync resume hr", "source hr is resumed")
	d.says(t, 20, map[string]int{"crew": 3, "few": 2})
	d.want(t, 0, "sync resync hr --group crew", "1 changed", "+1")
	d.want(t, 0, "sync run hr", "+1")
	for args, says := range map[string]string{
		"sync run": "name the source", "sync run hr --source far": "not both", "sync run hr --config x --full": "do not go with it",
		"sync run nothing": `no source "nothing"`, "sync show nothing": `no plan "nothing"`, "sync pause group:nothing": `no group "nothing"`,
		"sync resume link:nothing": `no link "nothing"`, "sync apply": "name the plan", "sync apply --yes": "no plan waits", "sync resync link:x --group y": "--group goes with a source",
		"sync run far": "not read", "sync status nothing": `no source "nothing"`, "sync run hr --server http://127.0.0.1:1": "cannot reach",
		"sync history --status done": "must be planned", "sync run far --config nothing.yaml": "nothing.yaml",
	} {
		d.want(t, 2, args, says)
	}
}

// manifest is what this test looks at in the CronJob.
type manifest struct {
	Kind     string                `yaml:"kind"`
	Metadata struct{ Name string } `yaml:"metadata"`
	Data     map[string]string     `yaml:"data"`
	Spec     struct {
		Schedule          string `yaml:"schedule"`
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				BackoffLimit *int `yaml:"backoffLimit"`
				Template     struct {
					Spec struct {
						RestartPolicy                string         `yaml:"restartPolicy"`
						AutomountServiceAccountToken *bool          `yaml:"automountServiceAccountToken"`
						SecurityContext              map[string]any `yaml:"securityContext"`
						Containers                   []struct {
							Args            []string         `yaml:"args"`
							Env             []map[string]any `yaml:"env"`
							SecurityContext map[string]any   `yaml:"securityContext"`
						} `yaml:"containers"`
					} `yaml:"spec"`
				} `yaml:"template"`
			} `yaml:"spec"`
		} `yaml:"jobTemplate"`
	} `yaml:"spec"`
}

// TestTheCronJob reads the manifest and does what it says, with a file in place of its LDAP server.
func TestTheCronJob(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "cronjob.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config, job manifest
	for text := range strings.SplitSeq(string(raw), "\n---\n") {
		var m manifest
		if err := yaml.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		switch m.Kind {
		case "ConfigMap":
			config = m
		case "CronJob":
			job = m
		default:
			t.Errorf("there is a %s", m.Kind)
		}
	}
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	if job.Spec.ConcurrencyPolicy != "Forbid" || pod.RestartPolicy != "Never" || *job.Spec.JobTemplate.Spec.BackoffLimit != 0 || *pod.AutomountServiceAccountToken || len(strings.Fields(job.Spec.Schedule)) != 5 {
		t.Errorf("the job is %+v", job)
	}
	c := pod.Containers[0]
	if pod.SecurityContext["runAsNonRoot"] != true || c.SecurityContext["readOnlyRootFilesystem"] != true || c.SecurityContext["allowPrivilegeEscalation"] != false {
		t.Errorf("the pod may %v, its container %v", pod.SecurityContext, c.SecurityContext)
	}
	if text := fmt.Sprint(c.Env); !strings.Contains(text, "secretKeyRef") || !strings.Contains(text, "TERRAWARDEN_TOKEN") {
		t.Errorf("the token comes from %s", text)
	}

	d := newDesk(t)
	d.says(t, 3, map[string]int{"crew": 3})
	var section struct {
		Sync struct {
			Sources []map[string]any `yaml:"sources"`
		} `yaml:"sync"`
	}
	if err := yaml.Unmarshal([]byte(config.Data["terrawarden.yaml"]), &section); err != nil {
		t.Fatal(err)
	}
	source := section.Sync.Sources[0]
	given := filepath.Join(t.TempDir(), "as-given.yaml") // the file as it stands is one that is understood
	nowhere := strings.Replace(config.Data["terrawarden.yaml"], "ldap.corp.example.com", "127.0.0.1:1", 1)
	if err := os.WriteFile(given, []byte(nowhere), 0o600); err != nil {
		t.Fatal(err)
	}
	d.want(t, 2, "sync run --source "+fmt.Sprint(source["name"])+" --config "+given, "read corp-ldap: the directory at ldaps://127.0.0.1:1 does not answer")
	source["name"], source["kind"], source["file"] = "far", "file", map[string]string{"path": d.file}
	delete(source, "ldap")
	mine := filepath.Join(t.TempDir(), "terrawarden.yaml")
	text, err := yaml.Marshal(section)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, text, 0o600); err != nil {
		t.Fatal(err)
	}
	args := strings.Join(c.Args, " ")
	args = strings.ReplaceAll(strings.ReplaceAll(args, "corp-ldap", "far"), "/etc/terrawarden/terrawarden.yaml", mine)
	token := strings.TrimSpace(d.want(t, 0, "token create --for service:sync-corp-ldap --scope sync --expires 8760h"))
	held := d.want(t, 1, args+" --token "+token, "first-plan", "read 3 people and 1 groups from far")
	id, digest := found(t, `"id": "(sync-[^"]+)"`, held), found(t, `"digest": "([^"]+)"`, held)
	d.want(t, 2, "sync approve "+id+" --digest "+digest+" --token "+token, "may not do this")
	d.want(t, 0, "sync approve "+id+" --digest "+digest)
	d.want(t, 0, args+" --token "+token, `"outcome": "unchanged"`)
}
