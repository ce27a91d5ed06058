package rules

// The servers that rules run on.
const (
	serverTFE   = "tfe"
	serverHCP   = "hcp"
	serverOTF   = "otf"
	serverStern = "stern"
	serverLogin = "login"

	administrators = "TERRAKUBE_ADMIN" // Terrakube's administrator group, unless a server calls it otherwise

	promoted = "promoted" // a person of that name is a site admin of the stern server
)

// ServerNames returns the names of the servers, the usual one first.
func ServerNames() []string {
	return []string{serverTFE, serverHCP, serverOTF, serverLogin, serverStern}
}

// Settings are how a server is started.
type Settings struct {
	Mode  string   // --tfe-mode
	Flags []string // what else
	About string
	// Administrators is the name of Terrakube's administrator group.
	Administrators string
	// Login says that the server trusts an Issuer.
	Login bool
}

// Servers returns the servers that a rule may name.
func Servers() map[string]Settings {
	return map[string]Settings{
		serverTFE:   {Mode: "tfe", About: "as it comes, presented as Terraform Enterprise", Administrators: administrators},
		serverHCP:   {Mode: "hcp", About: "as it comes, presented as HCP Terraform", Administrators: administrators},
		serverOTF:   {Mode: "tfe", Flags: []string{"--otf-levels"}, About: "with OTF's own matrix: `--otf-levels`", Administrators: administrators},
		serverLogin: {Mode: "tfe", Login: true, About: "with an identity provider: `--oidc-issuer`, `--oidc-audience`", Administrators: administrators},
		serverStern: {
			Mode: "tfe", Flags: []string{"--restrict-org-creation", "--create-unknown-members=false", "--site-admins", promoted, "--terrakube-admin-group", "platform-team"},
			About:          "with defaults turned round: `--restrict-org-creation --create-unknown-members=false --site-admins promoted --terrakube-admin-group platform-team`",
			Administrators: "platform-team",
		},
	}
}
