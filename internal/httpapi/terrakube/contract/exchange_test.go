package contract_test

import (
	"net/http"
)

const acme = "/api/v1/organization/<acme>"

func organizationExchanges() []exchange {
	const all = "/api/v1/organization"
	return []exchange{
		get("who is in nothing sees nothing", "eve", all),
		post("who is no administrator makes none", "max", all, "organization", `"attributes":{"name":"mine"}`, ""),
		post("an administrator makes one", "ada", all, "organization", `"attributes":{"name":"acme","description":"first","executionMode":"remote","icon":null}`, "acme"),
		post("a name is taken", "ada", all, "organization", `"attributes":{"name":"acme"}`, ""),
		post("a name must be there", "ada", all, "organization", `"attributes":{"description":"x"}`, ""),
		get("read it", "ada", acme),
		get("a root that may not be read", "eve", acme),
		get("by name, brackets raw", "ada", all+"?filter[organization]=name==acme"),
		get("by name, encoded, with totals", "ada", all+"?filter%5Borganization%5D=name%3D%3Dacme&page%5Btotals%5D"),
		get("the command line's filter", "ada", all+"?filter=name==acme&fields[organization]=name"),
		patch("change it", "ada", acme, "organization", `"attributes":{"description":"second"}`),
		{what: "the id must be the path's", who: "ada", method: http.MethodPatch, path: acme, body: `{"data":{"type":"organization","id":"other","attributes":{"description":"x"}}}`},
		patch("who is no administrator does not", "max", acme, "organization", `"attributes":{"description":"x"}`),
		get("it has changed", "ada", acme+"?fields[organization]=description"),
	}
}

func teamExchanges() []exchange {
	const all, one = acme + "/team", acme + "/team/<devs>"
	return []exchange{
		post("administrators take content through a team", "ada", all, "team", `"attributes":{"name":"TERRAKUBE_ADMIN","role":"admin"}`, "admins"),
		post("a custom team", "ada", all, "team", `"attributes":{"name":"devs","role":null,"manageState":false,"manageWorkspace":false,"manageModule":false,"manageProvider":false,"manageVcs":false,"manageTemplate":false,"manageCollection":false,"manageJob":true,"planJob":true,"approveJob":false}`, "devs"),
		get("its member reads it", "max", one),
		get("all of them", "ada", all+"?sort=name&fields[team]=name,role"),
		patch("a role, as it was sent", "ada", one, "team", `"attributes":{"name":"devs","role":" Plan "}`),
		get("comes back as it was sent", "ada", one),
		patch("a member does not raise himself", "max", one, "team", `"attributes":{"role":"admin"}`),
		post("a member makes no team", "max", all, "team", `"attributes":{"name":"more","role":"admin"}`, ""),
		get("who is no member is stopped at the root", "eve", one),
		get("one that is not there", "max", all+"/nowhere"),
		post("a flag must be a flag", "ada", all, "team", `"attributes":{"name":"x","planJob":"yes"}`, ""),
		post("the type must be the collection's", "ada", all, "teams", `"attributes":{"name":"x"}`, ""),
		post("a spare one", "ada", all, "team", `"attributes":{"name":"spare"}`, "spare"),
		remove("delete it", "ada", all+"/<spare>"),
		remove("delete it again", "ada", all+"/<spare>"),
	}
}

func projectExchanges() []exchange {
	const all, one = acme + "/project", acme + "/project/<core>"
	return []exchange{
		post("make one", "ada", all, "project", `"attributes":{"name":"core","description":"d"}`, "core"),
		post("a name is taken", "ada", all, "project", `"attributes":{"name":"core"}`, ""),
		patch("change it", "ada", one, "project", `"attributes":{"description":"e"}`),
		get("read it", "ada", one),
		post("a plain member makes none", "max", all, "project", `"attributes":{"name":"mine"}`, ""),
		post("give a group access", "ada", one+"/projectAccess", "project_access", `"attributes":{"name":"guests","role":"write"}`, "row"),
		get("read the access", "ada", one+"/projectAccess/<row>"),
		get("hidden below a readable parent is not there", "max", one+"/projectAccess/<row>"),
		patch("change it", "ada", one+"/projectAccess/<row>", "project_access", `"attributes":{"role":null,"planJob":true}`),
		remove("take it", "ada", one+"/projectAccess/<row>"),
		get("no access is left", "ada", one+"/projectAccess"),
	}
}

func workspaceExchanges() []exchange {
	const all, one = acme + "/workspace", acme + "/workspace/<web>"
	return []exchange{
		post("make one in a project", "ada", all, "workspace", `"attributes":{"name":"web","description":"d","source":"empty","branch":"remote-content","folder":"/","terraformVersion":"1.11.4","iacType":"terraform","executionMode":"remote","deleted":false},"relationships":{"project":{"data":{"type":"project","id":"<core>"}}}`, "web"),
		get("read it", "ada", one),
		get("by name", "ada", all+"?filter[workspace]=name==web&fields[workspace]=name"),
		get("by the name of its project", "ada", all+"?filter[workspace]=project.name==core&fields[workspace]=name"),
		patch("change it", "ada", one, "workspace", `"attributes":{"terraformVersion":"1.12.0","allowRemoteApply":true}`),
		get("at the root", "ada", "/api/v1/workspace/<web>?fields[workspace]=name,terraformVersion,allowRemoteApply"),
		patch("a plain member does not", "max", one, "workspace", `"attributes":{"description":"x"}`),
		post("give a group access", "ada", one+"/access", "access", `"attributes":{"name":"guests","manageState":true,"manageWorkspace":false,"manageJob":false,"planJob":true,"approveJob":false}`, "guest"),
		get("read the access", "ada", one+"/access/<guest>"),
		patch("change it", "ada", one+"/access/<guest>", "access", `"attributes":{"role":"read"}`),
		get("it is hidden from a member", "max", one+"/access/<guest>"),
		remove("take it", "ada", one+"/access/<guest>"),
		post("a variable", "ada", one+"/variable", "variable", `"attributes":{"key":"region","value":"eu","category":"TERRAFORM","description":"","sensitive":false,"hcl":false}`, "region"),
		post("a secret one", "ada", one+"/variable", "variable", `"attributes":{"key":"token","value":"hush","category":"ENV","description":"","sensitive":true,"hcl":false}`, "secret"),
		get("its value is nobody's", "ada", one+"/variable/<secret>"),
		get("they are in an order", "ada", one+"/variable?sort=-key&fields[variable]=key,value"),
		post("a schedule at the root", "ada", "/api/v1/workspace/<web>/schedule", "schedule", `"attributes":{"cron":"0 0 3 * * ?","templateReference":"t1"}`, "nightly"),
		remove("and gone", "ada", "/api/v1/workspace/<web>/schedule/<nightly>"),
	}
}

func recordExchanges() []exchange {
	return []exchange{
		post("a VCS connection keeps its secret", "ada", acme+"/vcs", "vcs", `"attributes":{"name":"git hub","vcsType":"GITHUB","connectionType":"OAUTH","clientId":"x","clientSecret":"hush","endpoint":"https://github.com","apiUrl":"https://api.github.com","status":"PENDING"}`, "hub"),
		get("by a name in quotes", "ada", acme+"/vcs?filter[vcs]=name=='git%20hub'&fields[vcs]=name,status"),
		post("an SSH key", "ada", acme+"/ssh", "ssh", `"attributes":{"name":"deploy","sshType":"ed25519","privateKey":"hush"}`, "deploy"),
		post("a module with both", "ada", acme+"/module", "module", `"attributes":{"name":"net","provider":"aws","source":"https://git.example/net.git","description":"d","folder":"/","tagPrefix":"v"},"relationships":{"vcs":{"data":{"type":"vcs","id":"<hub>"}},"ssh":{"data":null}}`, "net"),
		get("with what it relates to", "ada", acme+"/module/<net>?include=vcs&fields[vcs]=name"),
		post("a plain member publishes none", "max", acme+"/module", "module", `"attributes":{"name":"mine","provider":"aws"}`, ""),
		post("a template", "ada", acme+"/template", "template", `"attributes":{"name":"plan","description":"d","version":"1.0.0","tcl":"Zg=="}`, "plan"),
		post("a collection", "ada", acme+"/collection", "collection", `"attributes":{"name":"shared","description":"d","priority":10}`, "shared"),
		post("an item of it", "ada", acme+"/collection/<shared>/item", "item", `"attributes":{"key":"a","value":"1","category":"ENV","sensitive":false,"hcl":false}`, "a"),
		post("a reference to a workspace", "ada", acme+"/collection/<shared>/reference", "reference", `"attributes":{"description":"d"},"relationships":{"workspace":{"data":{"type":"workspace","id":"<web>"}}}`, "reference"),
		post("a tag", "ada", acme+"/tag", "tag", `"attributes":{"name":"blue"}`, "blue"),
		post("on a workspace", "ada", acme+"/workspace/<web>/workspaceTag", "workspacetag", `"attributes":{"tagId":"<blue>"}`, ""),
		post("an agent", "ada", acme+"/agent", "agent", `"attributes":{"name":"den","description":"d","url":"https://den.example"}`, "den"),
		post("a global variable", "ada", acme+"/globalvar", "globalvar", `"attributes":{"key":"region","value":"eu","category":"ENV","description":"","sensitive":false,"hcl":false}`, "global"),
		post("a federated identity", "ada", "/api/v1/federated", "federated", `"attributes":{"name":"ci","issuerUrl":"https://ci.example","audience":"a"}`, "ci"),
		post("a claim of it", "ada", "/api/v1/federated/<ci>/claims", "federated_claim", `"attributes":{"claimKey":"sub","claimValue":"repo:a"}`, "claim"),
		get("which is no member's business", "max", "/api/v1/federated/<ci>"),
	}
}

func operationExchanges() []exchange {
	const path, atomic = "/api/v1/operations", `application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"`
	operate := func(what, who, media, body, keep string) exchange {
		return exchange{what: what, who: who, method: http.MethodPost, path: path, media: media, body: `{"atomic:operations":[` + body + `]}`, keep: keep}
	}
	return []exchange{
		operate("a webhook", "ada", atomic, `{"op":"add","href":"/organization/<acme>/workspace/<web>/webhook","data":{"type":"webhook","lid":"w","attributes":{"remoteHookId":"7"}}}`, "hook"),
		operate("change and remove, by the command line's media type", "ada", "application/json", `{"op":"update","href":"/webhook/<hook>","data":{"type":"webhook","id":"<hook>","attributes":{"remoteHookId":"8"}}},{"op":"remove","href":"/webhook/<hook>"}`, ""),
		operate("all or nothing", "ada", atomic, `{"op":"add","href":"/organization/<acme>/project","data":{"type":"project","lid":"p","attributes":{"name":"half"}}},{"op":"remove","href":"/organization/<acme>/project/none"}`, ""),
		get("nothing was done", "ada", acme+"/project?filter[project]=name==half"),
		operate("refused as a single call is", "max", atomic, `{"op":"add","href":"/organization/<acme>/project","data":{"type":"project","lid":"p","attributes":{"name":"mine"}}}`, ""),
	}
}

func tokenExchanges() []exchange {
	const teams, personal = "/access-token/v1/teams", "/pat/v1"
	return []exchange{
		plain("a team token, as the provider asks", "max", teams, `{"group":"devs","description":"ci","days":0,"hours":36,"minutes":90}`, "token"),
		get("in the list, as it was asked for", "max", teams),
		get("nobody else's", "eve", teams),
		plain("not in the group", "eve", teams, `{"group":"devs","description":"x","days":1}`, ""),
		plain("not in the group either, though an administrator", "ada", teams, `{"group":"devs","description":"x","days":1}`, ""),
		plain("no such group", "max", teams, `{"group":"nowhere"}`, ""),
		plain("numbers are bounded", "max", teams, `{"group":"devs","days":-1,"hours":"1","minutes":1e9}`, ""),
		plain("a group must be named", "max", teams, `{"days":1}`, ""),
		plain("a body must be an object", "max", teams, `[1]`, ""),
		remove("who did not make it does not know it", "eve", teams+"/<token>"),
		remove("as one that is not there", "eve", teams+"/none"),
		remove("who made it", "max", teams+"/<token>"),
		get("it is gone", "max", teams),
		get("groups of the caller", "max", teams+"/current-teams"),
		get("who is in none", "eve", teams+"/current-teams"),
		get("rights in the organization", "max", teams+"/permissions/organization/<acme>"),
		get("rights at a workspace", "ada", teams+"/permissions/organization/<acme>/workspace/<web>"),
		get("rights of a stranger", "eve", teams+"/permissions/organization/<acme>"),
		get("rights in nothing", "ada", teams+"/permissions/organization/none"),
		plain("a personal token", "eve", personal, `{"days":1,"description":"laptop"}`, "laptop"),
		get("all of one's own", "eve", personal),
		remove("end it", "eve", personal+"/<laptop>"),
		remove("end it again", "eve", personal+"/<laptop>"),
		plain("longer than the token that asks", "eve", personal, `{"days":36600}`, ""),
	}
}

func refusalExchanges() []exchange {
	return []exchange{
		get("no credential", "nobody", acme),
		get("no credential for tokens", "nobody", "/pat/v1"),
		{what: "another media type", who: "ada", method: http.MethodPost, path: acme + "/team", media: "application/json", body: `{"data":{"type":"team","attributes":{"name":"x"}}}`},
		{what: "no media type", who: "ada", method: http.MethodPost, path: acme + "/team", media: "none", body: `{"data":{"type":"team","attributes":{"name":"x"}}}`},
		{what: "no JSON", who: "ada", method: http.MethodPost, path: acme + "/team", body: `{"data":`},
		get("a filter that is none", "ada", acme+"/team?filter[team]=name="),
		get("a filter by what is not there", "ada", acme+"/team?filter[team]=colour==red"),
		get("a sort by what is not there", "ada", acme+"/team?sort=colour"),
		get("a page that is none", "ada", acme+"/team?page[size]=x"),
		get("a collection that is none", "ada", acme+"/teams"),
		get("below one that is not there", "ada", "/api/v1/organization/none/team"),
		{what: "a method that is none", who: "ada", method: http.MethodPut, path: acme + "/team"},
		patch("destroy a workspace as clients do", "ada", acme+"/workspace/<web>", "workspace", `"attributes":{"name":"web_DEL_x1y2","deleted":true}`),
		get("it is gone", "ada", acme+"/workspace/<web>"),
		patch("destroy an organization as clients do", "ada", acme, "organization", `"attributes":{"name":"acme_DEL_x1y2","disabled":true}`),
		get("it is gone too", "ada", acme),
		get("from every list", "ada", "/api/v1/organization"),
	}
}
