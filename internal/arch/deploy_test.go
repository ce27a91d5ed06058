package arch_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// composition is what this test looks at in docker-compose.yml.
type composition struct {
	Services map[string]service `yaml:"services"`
}

type service struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// compositionFaults returns what is wrong with a compose file, sorted.
func compositionFaults(text string) []string {
	var c composition
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		return []string{err.Error()}
	}
	var out []string
	ends := map[string]bool{} // services that run once
	for name, s := range c.Services {
		for needed, how := range s.DependsOn {
			other, ok := c.Services[needed]
			switch {
			case !ok:
				out = append(out, fmt.Sprintf("%s depends on %s, which does not exist", name, needed))
			case how.Condition == "service_completed_successfully":
				ends[needed] = true
			case how.Condition != "service_healthy" || len(other.Healthcheck.Test) == 0:
				out = append(out, fmt.Sprintf("%s does not wait until %s is healthy", name, needed))
			}
		}
	}
	for name, s := range c.Services {
		if len(s.Healthcheck.Test) == 0 && !ends[name] {
			out = append(out, name+" has no health check")
		}
		out = append(out, s.exposures(name)...)
	}
	slices.Sort(out)
	return out
}

// exposures returns what a service shows to whom it should not.
func (s service) exposures(name string) []string {
	var out []string
	for _, port := range s.Ports {
		if !strings.HasPrefix(port, "127.0.0.1:") {
			out = append(out, name+" is published beyond this machine")
		}
	}
	for variable, value := range s.Environment {
		if carriesSecret(variable, value) && !required.MatchString(value) {
			out = append(out, fmt.Sprintf("%s: %s has a default", name, variable))
		}
	}
	return out
}

// required matches a variable that must be set by whoever starts the composition.
var required = regexp.MustCompile(`\$\{[A-Z_]+:\?[^}]+\}`)

// carriesSecret reports whether a variable holds a secret, by its name or because its value is a URL with a password.
func carriesSecret(variable, value string) bool {
	return regexp.MustCompile(`PASSWORD|TOKEN|SECRET|KEY`).MatchString(variable) || regexp.MustCompile(`://[^/]*:[^/]*@`).MatchString(value)
}

func TestCompositionIsSafeToStart(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string(nil), compositionFaults(read(t, "docker-compose.yml"))); diff != "" {
		t.Errorf("docker-compose.yml (-want +got):\n%s", diff)
	}
}

func TestFaultsOfCompositions(t *testing.T) {
	t.Parallel()
	const healthy = "healthcheck: {test: [CMD, ok]}"
	rows := []struct {
		name, text string
		want       []string
	}{
		{"a healthy service", "services: {a: {" + healthy + "}}", nil},
		{"no health check", "services: {a: {image: x}}", []string{"a has no health check"}},
		{"a job needs none", "services: {a: {" + healthy + ", depends_on: {b: {condition: service_completed_successfully}}}, b: {image: x}}", nil},
		{"an unknown dependency", "services: {a: {" + healthy + ", depends_on: {b: {condition: service_healthy}}}}", []string{"a depends on b, which does not exist"}},
		{"started is not healthy", "services: {a: {" + healthy + ", depends_on: {b: {condition: service_started}}}, b: {" + healthy + "}}", []string{"a does not wait until b is healthy"}},
		{"a port for everybody", "services: {a: {" + healthy + ", ports: ['8080:8080']}}", []string{"a is published beyond this machine"}},
		{"a port of this machine", "services: {a: {" + healthy + ", ports: ['127.0.0.1:8080:8080']}}", nil},
		{"a secret in the file", "services: {a: {" + healthy + ", environment: {A_TOKEN: abc}}}", []string{"a: A_TOKEN has a default"}},
		{"a secret with a default", "services: {a: {" + healthy + ", environment: {A_TOKEN: '${T:-abc}'}}}", []string{"a: A_TOKEN has a default"}},
		{"a password in a URL", "services: {a: {" + healthy + ", environment: {URL: 'postgres://u:p@h/d'}}}", []string{"a: URL has a default"}},
		{"a secret that must be set", "services: {a: {" + healthy + ", environment: {A_TOKEN: '${T:?set T}'}}}", nil},
	}
	for _, row := range rows {
		if diff := cmp.Diff(row.want, compositionFaults(row.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

func TestCompositionRunsWhatWeTestAgainst(t *testing.T) {
	t.Parallel()
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^\tgithub\.com/authzed/spicedb (v\S+)`).FindStringSubmatch(read(t, "go.mod"))
	if version == nil {
		t.Fatal("go.mod names no SpiceDB")
	}
	if got, want := c.Services["spicedb"].Image, "authzed/spicedb:"+version[1]; got != want {
		t.Errorf("the SpiceDB server is %s, and what is linked in is %s", got, want)
	}
	if !slices.Contains(c.Services["postgres"].Command, "track_commit_timestamp=on") {
		t.Error("Postgres runs without track_commit_timestamp: SpiceDB's Watch would be off")
	}
}

func TestImageIsMinimal(t *testing.T) {
	t.Parallel()
	image := read(t, "deploy/Dockerfile")
	if !regexp.MustCompile(`(?m)^FROM scratch$`).MatchString(image) {
		t.Error("the last stage is not empty")
	}
	if !regexp.MustCompile(`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`).MatchString(image) {
		t.Error("the image does not run as a numeric user other than root")
	}
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if language == nil || !strings.Contains(image, "FROM golang:"+language[1]+" ") {
		t.Errorf("the image is not built with the Go release of go.mod, %v", language)
	}
}
