package protocol_test

import (
	"net/http"
	"slices"
	"testing"
)

type stackDocument struct {
	Data struct {
		ID            string         `json:"id"`
		Attributes    map[string]any `json:"attributes"`
		Relationships struct {
			Project struct {
				Data struct {
					ID string `json:"id"`
				} `json:"data"`
			} `json:"project"`
		} `json:"relationships"`
	} `json:"data"`
}

func stackBody(attributes, projectID string) string {
	return `{"data":{"type":"stacks","attributes":{` + attributes + `},"relationships":{"project":{"data":{"type":"projects","id":"` + projectID + `"}}}}}`
}

// Stacks take their access from their project alone (DECISIONS M7, N11).
func TestStacks(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	var st stackDocument
	e.do(t, "infra-maintain", http.MethodPost, "stacks", stackBody(`"name":"net","description":"of nets"`, e.infra.ID), http.StatusCreated).Decode(t, &st)
	path := "stacks/" + st.Data.ID
	created := e.do(t, "owner", http.MethodGet, path, "", http.StatusOK)
	var read stackDocument
	created.Decode(t, &read)
	wantSame(t, "read as it was created", st, read)
	for who, status := range map[string]int{
		"owner": http.StatusOK, "infra-read": http.StatusOK, "projecter": http.StatusOK,
		"app-admin": http.StatusNotFound, "reader": http.StatusNotFound, "member": http.StatusNotFound, "outsider": http.StatusNotFound, "stranger": http.StatusNotFound,
	} {
		e.do(t, who, http.MethodGet, path, "", status)
	}
	refused := []string{"infra-read", "infra-write", "app-admin", "reader", "member", "outsider", "stranger"}
	for _, who := range refused {
		e.do(t, who, http.MethodPost, "stacks", stackBody(`"name":"no"`, e.infra.ID), http.StatusNotFound)
		e.do(t, who, http.MethodPatch, path, `{"data":{"type":"stacks","attributes":{"name":"no"}}}`, http.StatusNotFound)
		e.do(t, who, http.MethodDelete, path, "", http.StatusNotFound)
	}
	lake := e.project(t, "lake")
	move := `{"data":{"type":"stacks","relationships":{"project":{"data":{"type":"projects","id":"` + lake.ID + `"}}}}}`
	for _, who := range append(slices.Clone(refused), "infra-maintain", "infra-admin") {
		e.do(t, who, http.MethodPatch, path, move, http.StatusNotFound)
	}
	wantSame(t, "after all that", created.Body, e.do(t, "owner", http.MethodGet, path, "", http.StatusOK).Body)
	e.do(t, "infra-maintain", http.MethodPatch, path, `{"data":{"type":"stacks","attributes":{"name":"nets"}}}`, http.StatusOK).Decode(t, &st)
	if st.Data.Attributes["name"] != "nets" || st.Data.Attributes["description"] != "of nets" {
		t.Errorf("updated to %+v", st)
	}
	e.do(t, "projecter", http.MethodPatch, path, move, http.StatusOK).Decode(t, &st)
	if st.Data.Relationships.Project.Data.ID != lake.ID {
		t.Errorf("moved to %+v", st)
	}
	e.do(t, "infra-read", http.MethodGet, path, "", http.StatusNotFound)
	e.do(t, "owner", http.MethodPost, "stacks", stackBody(`"name":"NETS"`, e.infra.ID), http.StatusUnprocessableEntity)
	e.do(t, "owner", http.MethodPost, "stacks", stackBody(`"name":""`, e.infra.ID), http.StatusUnprocessableEntity)
	e.do(t, "owner", http.MethodPost, "stacks", `{"data":{"type":"stacks","attributes":{"name":"x"}}}`, http.StatusUnprocessableEntity)
	e.do(t, "owner", http.MethodDelete, path, "", http.StatusNoContent)
	e.do(t, "owner", http.MethodGet, path, "", http.StatusNotFound)
}

func TestListsOfStacks(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	lake := e.project(t, "lake")
	for name, project := range map[string]string{"net": e.infra.ID, "data": lake.ID} {
		e.do(t, "owner", http.MethodPost, "stacks", stackBody(`"name":"`+name+`"`, project), http.StatusCreated)
	}
	for _, row := range []struct {
		who, query string
		want       []string
	}{
		{"owner", "", []string{"data", "net"}},
		{"owner", "?sort=-name", []string{"net", "data"}},
		{"owner", "?search[name]=NE", []string{"net"}},
		{"owner", "?filter[project][id]=" + lake.ID, []string{"data"}},
		{"infra-read", "", []string{"net"}},
		{"member", "", []string{}},
	} {
		var page projectPage
		e.do(t, row.who, http.MethodGet, "organizations/acme/stacks"+row.query, "", http.StatusOK).Decode(t, &page)
		got := []string{}
		for _, st := range page.Data {
			got = append(got, st.Attributes.Name)
		}
		wantSame(t, row.who+" lists "+row.query, row.want, got)
	}
	e.do(t, "outsider", http.MethodGet, "organizations/acme/stacks", "", http.StatusNotFound)
}
