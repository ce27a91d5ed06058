package protocol_test

import (
	"testing"

	tfe "github.com/hashicorp/go-tfe"
)

// TestSessionsLastAsLongAsTheyWereToldTo sets both limits of sessions in one call: they were one number once. Unset, they
// are null, without which the provider plans a change forever.
func TestSessionsLastAsLongAsTheyWereToldTo(t *testing.T) {
	t.Parallel()
	w := newTeamWorld(t)
	unset := w.read(t, "owner", teamOrg).Data.Attributes
	for _, name := range []string{"session-timeout", "session-remember"} {
		if v, ok := unset[name]; !ok || v != nil {
			t.Errorf("%s is %v before it is set", name, v)
		}
	}
	set, err := w.api(t).Organizations.Update(t.Context(), "acme", tfe.OrganizationUpdateOptions{SessionTimeout: tfe.Int(720), SessionRemember: tfe.Int(1440)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.api(t).Organizations.Read(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	for where, o := range map[string]*tfe.Organization{"update": set, "read": read} {
		if o.SessionTimeout != 720 || o.SessionRemember != 1440 {
			t.Errorf("%s says %d and %d", where, o.SessionTimeout, o.SessionRemember)
		}
	}
}
