package main

import "fmt"

// Mode is what the server presents itself as, and which tests go-tfe leaves out for it.
type Mode string

// Modes. None is no server at all: it counts the tests that pass by what the client refuses itself.
const (
	HCP  Mode = "hcp"
	TFE  Mode = "tfe"
	None Mode = "none"
)

func parseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case HCP, TFE, None:
		return m, nil
	}
	return "", fmt.Errorf("mode %q is not hcp, tfe or none", s)
}

// roles are the site administrators of HCP Terraform whose tokens go-tfe's helpers ask for. Here one person is all of
// them.
func roles() []string {
	return []string{
		"SITE_ADMIN", "CONFIGURATION", "PROVISION_LICENSES", "SUBSCRIPTION", "SUPPORT", "SECURITY_MAINTENANCE", "VERSION_MAINTENANCE",
	}
}

// environ returns the whole environment of go-tfe's tests, see README.md. Nothing of the caller's is in it, so that a
// run is the same everywhere and reaches no other server.
func (m Mode) environ(home, address, token string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home, "TFE_ADDRESS=" + address, "TFE_TOKEN=" + token, "ENABLE_BETA=1"}
	for _, role := range roles() {
		env = append(env, "TFE_ADMIN_"+role+"_TOKEN="+token)
	}
	if m == TFE {
		env = append(env, "ENABLE_TFE=1")
	}
	return env
}
