package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrawarden/terrawarden/conformance/server"
)

// host is what the configurations call the server. It resolves to nothing: the CLI's configuration says where it is.
const host = "terrawarden.test"

// caller runs the CLI with one token.
type caller struct {
	tools
	env []string
}

// newCaller returns who calls a server with a token. Nothing of the environment of the tests reaches the CLI, so that a
// run is the same everywhere and reaches no other server.
func newCaller(t *testing.T, programs tools, s *server.Server, token string) caller {
	t.Helper()
	home := t.TempDir()
	settings := filepath.Join(home, "cli.tfrc")
	text := fmt.Sprintf(`provider_installation {
  filesystem_mirror {
    path = %q
  }
}
host %q {
  services = {
    "tfe.v2.2" = "%s/api/v2/"
  }
}
`, programs.mirror, host, s.URL)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return caller{tools: programs, env: []string{
		"HOME=" + home, "TMPDIR=" + home, "TF_CLI_CONFIG_FILE=" + settings, "TFE_HOSTNAME=" + host, "TFE_TOKEN=" + token,
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_CLI_ARGS=-no-color",
	}}
}

// open copies a configuration and prepares the copy.
func (c caller) open(t *testing.T, configuration string) folder {
	t.Helper()
	f := folder{dir: t.TempDir(), cli: c.cli, env: c.env}
	for _, pattern := range []string{"*.tf", "*.tfvars"} {
		files, err := filepath.Glob(filepath.Join(configuration, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f.write(t, filepath.Base(file), text)
		}
	}
	f.run(t, 0, "init")
	return f
}
