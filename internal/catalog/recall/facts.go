package recall

import "github.com/terrawarden/terrawarden/internal/catalog"

// facts are what memory has to know of a row. A noun without names has none.
type facts struct {
	id, organization, name string
	bytes                  int // of all its text
}

func length(texts ...string) int {
	total := 0
	for _, text := range texts {
		total += len(text)
	}
	return total
}

func ofUser(u catalog.User) facts {
	return facts{id: u.ID, name: u.Username, bytes: length(u.ID, u.Username, u.Email, u.UnconfirmedEmail)}
}

func ofAccount(a catalog.ServiceAccount) facts {
	return facts{id: a.ID, name: a.Name, bytes: length(a.ID, a.Name)}
}

func ofOrganization(o catalog.Organization) facts {
	texts := length(o.ID, o.Name, o.Email, o.OwnersTeamID, o.DefaultProjectID, string(o.Attributes))
	return facts{id: o.ID, name: o.Name, bytes: texts}
}

func ofTeam(t catalog.Team) facts {
	texts := length(t.ID, t.OrganizationID, t.Name, t.Description, string(t.Visibility), t.SSOTeamID)
	return facts{id: t.ID, organization: t.OrganizationID, name: t.Name, bytes: texts}
}

func ofGroup(g catalog.Group) facts {
	return facts{id: g.ID, bytes: length(g.ID, g.Source, g.ExternalID, g.DisplayName)}
}

func ofProject(p catalog.Project) facts {
	texts := length(p.ID, p.OrganizationID, p.Name, p.Description, string(p.Attributes))
	return facts{id: p.ID, organization: p.OrganizationID, name: p.Name, bytes: texts}
}

func ofWorkspace(w catalog.Workspace) facts {
	texts := length(w.ID, w.OrganizationID, w.ProjectID, w.Name, w.Description, w.LockedBy.Type, w.LockedBy.ID, w.LockReason,
		string(w.Attributes))
	return facts{id: w.ID, organization: w.OrganizationID, name: w.Name, bytes: texts}
}

func ofStack(s catalog.Stack) facts {
	texts := length(s.ID, s.OrganizationID, s.ProjectID, s.Name, s.Description)
	return facts{id: s.ID, organization: s.OrganizationID, name: s.Name, bytes: texts}
}

func ofToken(t catalog.Token) facts {
	texts := length(t.ID, string(t.Kind), t.OwnerID, t.Description, t.CreatedBy, string(t.Attributes)) + length(t.Scopes...) + len(t.Hash)
	return facts{id: t.ID, bytes: texts}
}
