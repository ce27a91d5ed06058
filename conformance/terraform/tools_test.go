package terraform

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// provider is the module of the vendor's provider; provider/go.mod names its version.
const provider = "github.com/hashicorp/terraform-provider-tfe"

// tools are the programs that a run needs.
type tools struct {
	binary string // terrawarden
	cli    string // terraform or tofu
	mirror string // a folder that the CLI installs the provider from
}

// atHand finds the programs, and builds the provider. Where one is missing the test is skipped, with what was tried.
func atHand(t *testing.T) tools {
	t.Helper()
	binary, cache := os.Getenv("TERRAWARDEN_TEST_BINARY"), os.Getenv("TERRAWARDEN_TEST_CACHE")
	if binary == "" || cache == "" {
		t.Skip("not run: TERRAWARDEN_TEST_BINARY and TERRAWARDEN_TEST_CACHE are not set; make conformance-terraform sets them")
	}
	cli := findCLI(t)
	if out, err := goTool("mod", "download"); err != nil {
		t.Skipf("not run: the modules of %s are neither in the module cache nor to be had: %v: %s", provider, err, out)
	}
	built := filepath.Join(cache, "bin", filepath.Base(provider))
	if out, err := goTool("build", "-buildvcs=false", "-o", built, provider); err != nil {
		t.Fatalf("build the provider: %v: %s", err, out)
	}
	version, err := goTool("list", "-m", "-f", "{{.Version}}", provider)
	if err != nil {
		t.Fatalf("version of the provider: %v: %s", err, version)
	}
	about, err := exec.Command(cli, "version").Output()
	if err != nil {
		t.Fatalf("%s version: %v", cli, err)
	}
	said, _, _ := strings.Cut(string(about), "\n")
	t.Logf("%s and %s %s", said, provider, version)
	return tools{binary: binary, cli: cli, mirror: mirror(t, built, version)}
}

// findCLI returns the CLI that TERRAWARDEN_TERRAFORM names, else the first there is.
func findCLI(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("TERRAWARDEN_TERRAFORM"); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			t.Fatalf("TERRAWARDEN_TERRAFORM: %v", err)
		}
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("not run: there is no Terraform or OpenTofu CLI: TERRAWARDEN_TERRAFORM names none, and neither terraform nor tofu is in the PATH")
	return ""
}

// goTool runs the go command in the module of the provider and returns what it says.
func goTool(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = "provider"
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// mirror lays a provider out as CLIs look for it, each under the name of its own registry.
func mirror(t *testing.T, built, version string) string {
	t.Helper()
	root := t.TempDir()
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		folder := filepath.Join(root, registry, "hashicorp", "tfe", strings.TrimPrefix(version, "v"), runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(built, filepath.Join(folder, filepath.Base(provider)+"_"+version)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
