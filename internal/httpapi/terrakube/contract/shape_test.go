package contract_test

// The shapes that the provider encodes and decodes, as far as they are known. Pointers go out as null where nothing is set.

type organization struct {
	ID            string `jsonapi:"primary,organization"`
	Name          string `jsonapi:"attr,name"`
	Description   string `jsonapi:"attr,description"`
	ExecutionMode string `jsonapi:"attr,executionMode"`
	Icon          string `jsonapi:"attr,icon,omitempty"`
	Disabled      bool   `jsonapi:"attr,disabled"`
}

type team struct {
	ID               string  `jsonapi:"primary,team"`
	Name             string  `jsonapi:"attr,name"`
	Role             *string `jsonapi:"attr,role"`
	ManageState      bool    `jsonapi:"attr,manageState"`
	ManageWorkspace  bool    `jsonapi:"attr,manageWorkspace"`
	ManageModule     bool    `jsonapi:"attr,manageModule"`
	ManageProvider   bool    `jsonapi:"attr,manageProvider"`
	ManageVcs        bool    `jsonapi:"attr,manageVcs"`
	ManageTemplate   bool    `jsonapi:"attr,manageTemplate"`
	ManageCollection bool    `jsonapi:"attr,manageCollection"`
	ManageJob        bool    `jsonapi:"attr,manageJob"`
	PlanJob          bool    `jsonapi:"attr,planJob"`
	ApproveJob       bool    `jsonapi:"attr,approveJob"`
}

type access struct {
	ID              string  `jsonapi:"primary,access"`
	Name            string  `jsonapi:"attr,name"`
	Role            *string `jsonapi:"attr,role"`
	ManageState     bool    `jsonapi:"attr,manageState"`
	ManageWorkspace bool    `jsonapi:"attr,manageWorkspace"`
	ManageJob       bool    `jsonapi:"attr,manageJob"`
	PlanJob         bool    `jsonapi:"attr,planJob"`
	ApproveJob      bool    `jsonapi:"attr,approveJob"`
}

type projectAccess struct {
	ID              string  `jsonapi:"primary,project_access"`
	Name            string  `jsonapi:"attr,name"`
	Role            *string `jsonapi:"attr,role"`
	ManageState     bool    `jsonapi:"attr,manageState"`
	ManageWorkspace bool    `jsonapi:"attr,manageWorkspace"`
	ManageJob       bool    `jsonapi:"attr,manageJob"`
	PlanJob         bool    `jsonapi:"attr,planJob"`
	ApproveJob      bool    `jsonapi:"attr,approveJob"`
}

type project struct {
	ID          string `jsonapi:"primary,project"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
}

type workspace struct {
	ID               string   `jsonapi:"primary,workspace"`
	Name             string   `jsonapi:"attr,name"`
	Description      string   `jsonapi:"attr,description"`
	Source           string   `jsonapi:"attr,source"`
	Branch           string   `jsonapi:"attr,branch"`
	Folder           string   `jsonapi:"attr,folder"`
	TerraformVersion string   `jsonapi:"attr,terraformVersion"`
	IaCType          string   `jsonapi:"attr,iacType"`
	ExecutionMode    string   `jsonapi:"attr,executionMode"`
	TemplateID       string   `jsonapi:"attr,defaultTemplate"`
	Deleted          bool     `jsonapi:"attr,deleted"`
	AllowRemoteApply bool     `jsonapi:"attr,allowRemoteApply"`
	Vcs              *vcs     `jsonapi:"relation,vcs,omitempty"`
	Project          *project `jsonapi:"relation,project,omitempty"`
}

type variable struct {
	ID          string `jsonapi:"primary,variable"`
	Key         string `jsonapi:"attr,key"`
	Value       string `jsonapi:"attr,value"`
	Description string `jsonapi:"attr,description"`
	Category    string `jsonapi:"attr,category"`
	Sensitive   *bool  `jsonapi:"attr,sensitive"`
	Hcl         *bool  `jsonapi:"attr,hcl"`
}

type globalVariable struct {
	ID          string `jsonapi:"primary,globalvar"`
	Key         string `jsonapi:"attr,key"`
	Value       string `jsonapi:"attr,value"`
	Description string `jsonapi:"attr,description"`
	Category    string `jsonapi:"attr,category"`
	Sensitive   *bool  `jsonapi:"attr,sensitive"`
	Hcl         *bool  `jsonapi:"attr,hcl"`
}

type item struct {
	ID          string `jsonapi:"primary,item"`
	Key         string `jsonapi:"attr,key"`
	Value       string `jsonapi:"attr,value"`
	Description string `jsonapi:"attr,description"`
	Category    string `jsonapi:"attr,category"`
	Sensitive   *bool  `jsonapi:"attr,sensitive"`
	Hcl         *bool  `jsonapi:"attr,hcl"`
}

type schedule struct {
	ID         string `jsonapi:"primary,schedule"`
	Cron       string `jsonapi:"attr,cron"`
	TemplateID string `jsonapi:"attr,templateReference"`
}

type tag struct {
	ID   string `jsonapi:"primary,tag"`
	Name string `jsonapi:"attr,name"`
}

type workspaceTag struct {
	ID    string `jsonapi:"primary,workspacetag"`
	TagID string `jsonapi:"attr,tagId"`
}

type template struct {
	ID          string `jsonapi:"primary,template"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
	Version     string `jsonapi:"attr,version"`
	Content     string `jsonapi:"attr,tcl"`
}

type vcs struct {
	ID             string `jsonapi:"primary,vcs"`
	Name           string `jsonapi:"attr,name"`
	Description    string `jsonapi:"attr,description"`
	VcsType        string `jsonapi:"attr,vcsType"`
	ConnectionType string `jsonapi:"attr,connectionType"`
	ClientID       string `jsonapi:"attr,clientId"`
	ClientSecret   string `jsonapi:"attr,clientSecret,omitempty"`
	PrivateKey     string `jsonapi:"attr,privateKey,omitempty"`
	Endpoint       string `jsonapi:"attr,endpoint"`
	APIURL         string `jsonapi:"attr,apiUrl"`
	Status         string `jsonapi:"attr,status"`
}

type ssh struct {
	ID          string `jsonapi:"primary,ssh"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
	SSHType     string `jsonapi:"attr,sshType"`
	PrivateKey  string `jsonapi:"attr,privateKey,omitempty"`
}

type module struct {
	ID          string `jsonapi:"primary,module"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
	Provider    string `jsonapi:"attr,provider"`
	Source      string `jsonapi:"attr,source"`
	Folder      string `jsonapi:"attr,folder"`
	TagPrefix   string `jsonapi:"attr,tagPrefix"`
	Vcs         *vcs   `jsonapi:"relation,vcs,omitempty"`
	SSH         *ssh   `jsonapi:"relation,ssh,omitempty"`
}

type collection struct {
	ID          string `jsonapi:"primary,collection"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
	Priority    int32  `jsonapi:"attr,priority"`
}

type reference struct {
	ID          string     `jsonapi:"primary,reference"`
	Description string     `jsonapi:"attr,description"`
	Workspace   *workspace `jsonapi:"relation,workspace,omitempty"`
}

type agent struct {
	ID          string `jsonapi:"primary,agent"`
	Name        string `jsonapi:"attr,name"`
	Description string `jsonapi:"attr,description"`
	URL         string `jsonapi:"attr,url"`
}

type federated struct {
	ID        string `jsonapi:"primary,federated"`
	Name      string `jsonapi:"attr,name"`
	IssuerURL string `jsonapi:"attr,issuerUrl"`
	Audience  string `jsonapi:"attr,audience"`
}

type federatedClaim struct {
	ID    string `jsonapi:"primary,federated_claim"`
	Key   string `jsonapi:"attr,claimKey"`
	Value string `jsonapi:"attr,claimValue"`
}

type webhook struct {
	ID           string `jsonapi:"primary,webhook"`
	RemoteHookID string `jsonapi:"attr,remoteHookId"`
	MigratedV2   bool   `jsonapi:"attr,migratedV2"`
}

type webhookEvent struct {
	ID         string `jsonapi:"primary,webhook_event"`
	Branch     string `jsonapi:"attr,branch"`
	Path       string `jsonapi:"attr,path"`
	TemplateID string `jsonapi:"attr,templateId"`
	Event      string `jsonapi:"attr,event"`
	Priority   int32  `jsonapi:"attr,priority"`
}
