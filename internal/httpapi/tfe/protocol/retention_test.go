package protocol_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/go-tfe"
)

func TestWhoChangesRetention(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	ofWorkspace, ofOrganization := "workspaces/"+e.app.ID, "organizations/acme"
	days := 0
	next := func() tfe.DataRetentionPolicyDeleteOlderSetOptions {
		days++
		return tfe.DataRetentionPolicyDeleteOlderSetOptions{DeleteOlderThanNDays: days}
	}
	put := func() {
		must(t, errOf(e.as(t, "owner").Workspaces.SetDataRetentionPolicyDeleteOlder(t.Context(), e.app.ID, next())))
	}
	e.wantDeeds(t, []deed{
		{
			what: "set the workspace's", do: func(client *tfe.Client) error {
				return errOf(client.Workspaces.SetDataRetentionPolicyDeleteOlder(t.Context(), e.app.ID, next()))
			},
			may: []string{"owner", "app-admin", "infra-maintain"}, not: []string{"app-write", "infra-write", "reader", "member", "outsider", "stranger"},
			kept: ofWorkspace + "/relationships/data-retention-policy",
		},
		{
			what: "delete the workspace's", do: func(client *tfe.Client) error {
				return client.Workspaces.DeleteDataRetentionPolicy(t.Context(), e.app.ID)
			},
			may: []string{"app-admin"}, not: []string{"app-write", "reader", "member", "outsider"}, undo: put, kept: ofWorkspace,
		},
		{
			what: "set the organization's", do: func(client *tfe.Client) error {
				return errOf(client.Organizations.SetDataRetentionPolicyDeleteOlder(t.Context(), "acme", next()))
			},
			may: []string{"owner", "site"}, not: []string{"projecter", "app-admin", "member", "outsider", "stranger"},
			kept: ofOrganization + "/relationships/data-retention-policy",
		},
		{
			what: "see the organization's", do: func(client *tfe.Client) error {
				return errOf(client.Organizations.ReadDataRetentionPolicyChoice(t.Context(), "acme"))
			},
			may: []string{"owner", "member"}, not: []string{"outsider", "stranger"},
		},
		{
			what: "delete the organization's", do: func(client *tfe.Client) error {
				return client.Organizations.DeleteDataRetentionPolicy(t.Context(), "acme")
			},
			may: []string{"owner"}, not: []string{"projecter", "member", "outsider"}, kept: ofOrganization,
		},
	})
	hidden(t, "delete none", e.as(t, "owner").Organizations.DeleteDataRetentionPolicy(t.Context(), "acme"))
	e.do(t, "owner", http.MethodGet, ofOrganization+"/relationships/data-retention-policy", "", http.StatusNotFound)
}

// A policy of the same form is changed in place, of another form it is another one.
func TestFormsOfRetention(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	owner := e.as(t, "owner")
	older := func(days int) *tfe.DataRetentionPolicyDeleteOlder {
		t.Helper()
		set, err := owner.Workspaces.SetDataRetentionPolicyDeleteOlder(t.Context(), e.app.ID, tfe.DataRetentionPolicyDeleteOlderSetOptions{DeleteOlderThanNDays: days})
		must(t, err)
		return set
	}
	first, second := older(7), older(30)
	if first.ID != second.ID || second.DeleteOlderThanNDays != 30 {
		t.Errorf("%+v became %+v", first, second)
	}
	kept, err := owner.Workspaces.SetDataRetentionPolicyDontDelete(t.Context(), e.app.ID, tfe.DataRetentionPolicyDontDeleteSetOptions{})
	must(t, err)
	now, err := owner.Workspaces.ReadDataRetentionPolicyChoice(t.Context(), e.app.ID)
	must(t, err)
	if now.DataRetentionPolicyDontDelete == nil || now.DataRetentionPolicyDontDelete.ID != kept.ID || kept.ID == first.ID {
		t.Errorf("kept for good it is %+v", now)
	}
	var legacy struct {
		Data struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		} `json:"data"`
	}
	path := "workspaces/" + e.app.ID + "/relationships/data-retention-policy"
	e.do(t, "owner", http.MethodPatch, path, `{"data":{"type":"data-retention-policies","attributes":{"delete-older-than-n-days":5}}}`, http.StatusOK).Decode(t, &legacy)
	if legacy.Data.Type != "data-retention-policies" {
		t.Errorf("asked in the older form, it answers %+v", legacy)
	}
	list, err := owner.Workspaces.List(t.Context(), "acme", nil)
	must(t, err)
	if of := list.Items[0].DataRetentionPolicyChoice; of == nil || of.DataRetentionPolicyDeleteOlder == nil || of.DataRetentionPolicyDeleteOlder.ID != legacy.Data.ID || list.Items[1].DataRetentionPolicyChoice != nil {
		t.Errorf("listed with %+v", of)
	}
	for _, body := range []string{
		`{"data":{"type":"data-retention-policy-delete-olders","attributes":{"delete-older-than-n-days":0}}}`,
		`{"data":{"type":"data-retention-policy-delete-olders","attributes":{"delete-older-than-n-days":"7"}}}`,
		`{"data":{"type":"data-retention-policy-delete-olders","attributes":{"delete-older-than-n-days":99999999}}}`,
		`{"data":{"type":"policies"}}`,
	} {
		e.do(t, "owner", http.MethodPost, path, body, http.StatusUnprocessableEntity)
	}
}
