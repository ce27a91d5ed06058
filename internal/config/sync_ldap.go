package config

import "time"

// LDAPSource reads an LDAP directory.
type LDAPSource struct {
	URL          string         `json:"url"`
	StartTLS     bool           `json:"start-tls"`
	CAFile       string         `json:"ca-file"`
	BindDN       string         `json:"bind-dn"`
	Password     Secret         `json:"password"`
	PasswordFile string         `json:"password-file"`
	Layout       string         `json:"layout"` // rfc2307bis, rfc2307 or active-directory
	UserBase     string         `json:"user-base"`
	UserFilter   string         `json:"user-filter"`
	GroupBase    string         `json:"group-base"`
	GroupFilter  string         `json:"group-filter"`
	Attributes   LDAPAttributes `json:"attributes"`
	MatchingRule bool           `json:"matching-rule"`
	// Increments reads what has changed alone between whole reads. Who was deleted is then seen at the next whole one.
	Increments   bool  `json:"increments"`
	PageSize     int   `json:"page-size"`
	RequestLimit *span `json:"timeout"`
	MaxEntries   int   `json:"max-entries"`
}

// LDAPAttributes are names of attributes; "" is that of the layout.
type LDAPAttributes struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Mail     string `json:"mail"`
	Name     string `json:"name"`
	Member   string `json:"member"`
	Changed  string `json:"changed"`
}

// Secret returns the password of the bind DN.
func (l LDAPSource) Secret() Credential { return Credential{l.Password, l.PasswordFile} }

// Timeout returns how long one answer may take, 0 for the default.
func (l LDAPSource) Timeout() time.Duration { return l.RequestLimit.or(0) }

// FileSource reads files, or a directory of Peribolos files.
type FileSource struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}
