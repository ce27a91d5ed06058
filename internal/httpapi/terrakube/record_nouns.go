package terrakube

import (
	"context"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// recordKeeper is what the nouns of records need of the catalog.
type recordKeeper interface {
	ListRecords(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, at catalog.RecordPlace, name string) ([]catalog.Record, error)
	AllRecords(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, name string) ([]catalog.Record, error)
	FindRecord(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, id string) (catalog.Record, error)
	CreateRecord(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, at catalog.RecordPlace, edit catalog.Edit[catalog.Record]) (catalog.Record, authz.Token, error)
	UpdateRecord(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, id string, edit catalog.Edit[catalog.Record]) (authz.Token, error)
	DeleteRecord(ctx context.Context, p catalog.Principal, kind catalog.RecordKind, id string) (authz.Token, error)
	tagKeeper
}

// Types that are named more than once.
const (
	typeOrganization = "organization"
	typeWorkspace    = "workspace"
)

// recordNouns returns the nouns of what a platform keeps and access depends on.
func (h *Handler) recordNouns() []noun {
	var out []noun
	for _, all := range [][]described{registryRecords(), connectionRecords(), variableRecords(), workspaceRecords(), federatedRecords()} {
		for _, d := range all {
			out = append(out, h.recordNoun(d))
		}
	}
	return append(out, h.tagNoun(), h.workspaceTagNoun())
}

// described is a noun whose objects are records of a kind. Its attributes and relations are kept with the record as they
// were sent; the record's name is what must be unique.
type described struct {
	noun

	kind catalog.RecordKind
	// name returns what must be unique in the place; nil where nothing must.
	name func(attributes map[string]any) string
}

// called is the name of records whose attribute of that name is unique.
func called(attribute string) func(map[string]any) string {
	return func(attributes map[string]any) string {
		name, _ := attributes[attribute].(string)
		return name
	}
}

// registryRecords are modules, providers and templates.
func registryRecords() []described {
	toVCS, toSSH := relationKind{name: "vcs", typ: "vcs"}, relationKind{name: "ssh", typ: "ssh"}
	return []described{
		{kind: catalog.KindModule, name: moduleName, noun: noun{
			typ: "module", parents: []string{typeOrganization}, audited: true,
			attributes: texts("name", "provider", "source", "description", "folder", "tagPrefix"),
			relations:  []relationKind{toVCS, toSSH},
		}},
		{kind: catalog.KindProvider, name: called("name"), noun: noun{
			typ: "provider", parents: []string{typeOrganization},
			attributes: append(texts("name", "description", "registryNamespace"), flags("imported")...),
		}},
		{kind: catalog.KindVersion, name: called("versionNumber"), noun: noun{
			typ: "version", parents: []string{"provider"}, attributes: texts("versionNumber", "protocols"),
		}},
		{kind: catalog.KindImplementation, noun: noun{
			typ: "implementation", parents: []string{"version"},
			attributes: texts(
				"os", "arch", "filename", "downloadUrl", "shasumsUrl", "shasumsSignatureUrl", "shasum", "keyId", "asciiArmor",
				"trustSignature", "source", "sourceUrl",
			),
		}},
		{kind: catalog.KindTemplate, name: called("name"), noun: noun{
			typ: "template", parents: []string{"", typeOrganization}, audited: true, attributes: texts("name", "description", "version", "tcl"),
		}},
		{kind: catalog.KindAgent, name: called("name"), noun: noun{
			typ: "agent", parents: []string{typeOrganization}, attributes: texts("name", "description", "url", "type"),
		}},
	}
}

// moduleName is the name of a module: a registry has one of each name for every provider.
func moduleName(attributes map[string]any) string {
	name, provider := called("name")(attributes), called("provider")(attributes)
	if name == "" || provider == "" {
		return name
	}
	return name + "/" + provider
}

// connectionRecords are VCS connections and SSH keys. Their secrets go nowhere.
func connectionRecords() []described {
	return []described{
		{kind: catalog.KindVCS, name: called("name"), noun: noun{
			typ: "vcs", parents: []string{typeOrganization}, audited: true,
			attributes: append(
				texts("name", "description", "vcsType", "connectionType", "clientId", "endpoint", "apiUrl", "status", "callback", "redirectUrl", "tokenExpiration"),
				secrets("clientSecret", "privateKey", "accessToken", "refreshToken")...,
			),
		}},
		{kind: catalog.KindSSH, name: called("name"), noun: noun{
			typ: "ssh", parents: []string{typeOrganization}, audited: true,
			attributes: append(texts("name", "description", "sshType"), secrets("privateKey")...),
		}},
	}
}

// variableRecords are variables wherever they are, and the collections that hold some.
func variableRecords() []described {
	attributes := append(
		append(texts("key", "value", "description"), flags("sensitive", "hcl")...),
		attribute{name: "category", among: []string{"TERRAFORM", "ENV"}},
	)
	return []described{
		{kind: catalog.KindCollection, name: called("name"), noun: noun{
			typ: "collection", parents: []string{typeOrganization}, audited: true,
			attributes: append(texts("name", "description"), attribute{name: "priority", kind: number}),
		}},
		{kind: catalog.KindItem, noun: noun{typ: "item", parents: []string{"collection"}, attributes: attributes}},
		{kind: catalog.KindReference, noun: noun{
			typ: "reference", parents: []string{"", "collection"}, attributes: texts("description"),
			relations: []relationKind{{name: typeWorkspace, typ: typeWorkspace}},
		}},
		{kind: catalog.KindGlobalVariable, noun: noun{typ: "globalvar", parents: []string{typeOrganization}, attributes: attributes}},
		{kind: catalog.KindVariable, noun: noun{typ: "variable", parents: []string{typeWorkspace}, attributes: attributes}},
	}
}

// workspaceRecords are schedules and webhooks.
func workspaceRecords() []described {
	return []described{
		{kind: catalog.KindSchedule, noun: noun{
			typ: "schedule", parents: []string{typeWorkspace}, audited: true,
			attributes: append(texts("cron", "tcl", "templateReference", "description"), flags("enabled")...),
		}},
		{kind: catalog.KindWebhook, noun: noun{
			typ: "webhook", parents: []string{"", typeWorkspace}, audited: true,
			attributes: append(texts("path", "branch", "templateId", "remoteHookId", "event"), flags("migratedV2")...),
		}},
		{kind: catalog.KindWebhookEvent, noun: noun{
			typ: "webhook_event", path: "events", parents: []string{"", "webhook"}, audited: true,
			attributes: append(
				append(texts("branch", "path", "pathType", "templateId", "event"), flags("prWorkflowEnabled", "prApplyEnabled")...),
				attribute{name: "priority", kind: number},
			),
		}},
	}
}

// federatedRecords are the identities of other issuers.
func federatedRecords() []described {
	return []described{
		{kind: catalog.KindFederated, name: called("name"), noun: noun{
			typ: "federated", parents: []string{""}, attributes: texts("name", "issuerUrl", "audience"),
		}},
		{kind: catalog.KindFederatedClaim, noun: noun{
			typ: "federated_claim", path: "claims", parents: []string{"federated"}, attributes: texts("claimKey", "claimValue"),
		}},
	}
}

func texts(names ...string) []attribute {
	out := make([]attribute, len(names))
	for i, name := range names {
		out[i] = attribute{name: name}
	}
	return out
}

func flags(names ...string) []attribute {
	out := make([]attribute, len(names))
	for i, name := range names {
		out[i] = attribute{name: name, kind: flag, otherwise: false}
	}
	return out
}

func secrets(names ...string) []attribute {
	out := make([]attribute, len(names))
	for i, name := range names {
		out[i] = attribute{name: name, secret: true}
	}
	return out
}

// needs returns what the records of a kind need to be read and to be changed.
func needs(kind catalog.RecordKind) (reads, writes endpoint.Needs) {
	rules, _ := kind.Rules()
	return endpoint.Permission(rules.Read), endpoint.Permission(rules.Change)
}
