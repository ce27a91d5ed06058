package catalog

import (
	"slices"

	"github.com/terrawarden/terrawarden/schema"
)

// The kinds of records. RecordKind.Rules says what each is.
const (
	KindModule         RecordKind = "module"
	KindProvider       RecordKind = "provider"
	KindVersion        RecordKind = "version"
	KindImplementation RecordKind = "implementation"
	KindVCS            RecordKind = "vcs"
	KindSSH            RecordKind = "ssh"
	KindTemplate       RecordKind = "template"
	KindCollection     RecordKind = "collection"
	KindItem           RecordKind = "item"
	KindReference      RecordKind = "reference"
	KindAgent          RecordKind = "agent"
	KindGlobalVariable RecordKind = "globalvar"
	KindVariable       RecordKind = "variable"
	KindSchedule       RecordKind = "schedule"
	KindWebhook        RecordKind = "webhook"
	KindWebhookEvent   RecordKind = "webhook_event"
	KindFederated      RecordKind = "federated"
	KindFederatedClaim RecordKind = "federated_claim"
)

// RecordRules say where records of a kind are and who may do what to them.
type RecordRules struct {
	Kind   RecordKind
	Prefix string // of ids
	// In is the type of object that records of the kind are in: the platform, an organization or a workspace. That is also
	// what the permissions are asked on.
	In string
	// Inside is the kind of the records that they are inside of, "" for none.
	Inside RecordKind
	Read   schema.Permission
	Change schema.Permission
	// Administrators may change them as well: whoever gives access in every organization, as Terrakube's administrator
	// group does (DECISIONS P1), could give himself that right.
	Administrators bool
	// Named records have a name that is unique in what they are in.
	Named bool
}

// RecordKinds returns the rules of every kind. Where Terrakube has no rule for a type, which lets everybody do everything,
// the right to what it is in decides.
func RecordKinds() []RecordRules {
	const organization, workspace, platform = schema.TypeOrganization, schema.TypeWorkspace, schema.TypePlatform
	const view, admin = schema.OrganizationView, schema.OrganizationManageOrganizationAccess
	return []RecordRules{
		{Kind: KindModule, Prefix: "mod", In: organization, Read: view, Change: schema.OrganizationManageModules, Named: true},
		{Kind: KindProvider, Prefix: "prov", In: organization, Read: view, Change: schema.OrganizationManageProviders, Named: true},
		{Kind: KindVersion, Prefix: "pver", In: organization, Inside: KindProvider, Read: view, Change: schema.OrganizationManageProviders, Named: true},
		{Kind: KindImplementation, Prefix: "pimp", In: organization, Inside: KindVersion, Read: view, Change: schema.OrganizationManageProviders},
		{Kind: KindVCS, Prefix: "vcs", In: organization, Read: view, Change: schema.OrganizationManageVCSSettings, Named: true},
		{Kind: KindSSH, Prefix: "ssh", In: organization, Read: view, Change: schema.OrganizationManageSSHKeys, Named: true},
		{Kind: KindTemplate, Prefix: "tmpl", In: organization, Read: view, Change: schema.OrganizationManageTemplates, Named: true},
		{Kind: KindCollection, Prefix: "coll", In: organization, Read: view, Change: schema.OrganizationManageCollections, Named: true},
		{Kind: KindItem, Prefix: "item", In: organization, Inside: KindCollection, Read: view, Change: schema.OrganizationManageCollections},
		{Kind: KindReference, Prefix: "cref", In: organization, Inside: KindCollection, Read: view, Change: schema.OrganizationManageCollections},
		{Kind: KindAgent, Prefix: "agent", In: organization, Read: view, Change: schema.OrganizationManageAgentPools, Administrators: true, Named: true},
		{Kind: KindGlobalVariable, Prefix: "gvar", In: organization, Read: view, Change: schema.OrganizationManageVariableSets, Administrators: true},
		{Kind: KindVariable, Prefix: "var", In: workspace, Read: schema.WorkspaceReadVariable, Change: schema.WorkspaceWriteVariable},
		{Kind: KindSchedule, Prefix: "sched", In: workspace, Read: schema.WorkspaceRead, Change: schema.WorkspaceUpdate},
		{Kind: KindWebhook, Prefix: "hook", In: workspace, Read: schema.WorkspaceRead, Change: schema.WorkspaceUpdate},
		{Kind: KindWebhookEvent, Prefix: "hkev", In: workspace, Inside: KindWebhook, Read: schema.WorkspaceRead, Change: schema.WorkspaceUpdate},
		// Held on the platform by that group and by site admins alone.
		{Kind: KindFederated, Prefix: "fed", In: platform, Read: admin, Change: admin, Named: true},
		{Kind: KindFederatedClaim, Prefix: "fcl", In: platform, Inside: KindFederated, Read: admin, Change: admin},
	}
}

// Rules returns the rules of a kind; false for a kind there is none of.
func (k RecordKind) Rules() (RecordRules, bool) {
	all := RecordKinds()
	i := slices.IndexFunc(all, func(r RecordRules) bool { return r.Kind == k })
	if i < 0 {
		return RecordRules{}, false
	}
	return all[i], true
}
