package rules

import (
	"fmt"
	"slices"
	"strings"
)

// expand writes a macro out as the calls that it stands for, and names the people it introduces. A line that is no
// macro comes back as it is. README.md lists the macros.
func expand(text string) (lines, people []string, err error) {
	if list, ok := strings.CutPrefix(text, "people "); ok {
		return nil, newcomers(strings.Split(list, ", ")), nil
	}
	head, tail, _ := strings.Cut(text, ":")
	parts, err := words(head)
	if err != nil || len(parts) == 0 {
		return nil, nil, err
	}
	macro, known := macros()[parts[0]]
	if !known || strings.Contains(text, " -> ") || (macro.least > 0 && !strings.HasPrefix(text, parts[0]+" ")) {
		return []string{text}, nil, nil
	}
	if tail = strings.TrimSpace(tail); macro.people && tail != "" {
		people = strings.Split(tail, ", ")
	} else if !macro.people {
		if parts, err = words(text); err != nil {
			return nil, nil, err
		}
	}
	if len(parts)-1 < macro.least {
		return nil, nil, fmt.Errorf("%s needs %d words: %s", parts[0], macro.least, text)
	}
	return macro.write(parts[1:], people), newcomers(people), nil
}

// newcomers are people without those whom every rule knows.
func newcomers(people []string) []string {
	return slices.DeleteFunc(slices.Clone(people), func(who string) bool { return slices.Contains(builtins(), who) })
}

// macro is what nearly every rule needs.
type macro struct {
	least  int  // words it needs
	people bool // a colon is followed by people
	write  func(words, people []string) []string
}

func macros() map[string]macro {
	return map[string]macro{
		"team":           {1, true, writeTeam},
		"owners":         {0, true, func(_, people []string) []string { return join("{owners}", people) }},
		"administrators": {0, true, writeAdministrators},
		"project":        {1, false, writeProject},
		"workspace":      {1, false, writeWorkspace},
		"stack":          {3, false, writeStack},
		"access":         {5, false, writeAccess},
		"role":           {2, false, writeRole},
		"grant":          {5, false, writeGrant},
		"group":          {1, true, writeGroup},
		"link":           {3, false, writeLink},
		"attach":         {1, true, writeAttach},
	}
}

// join puts people into a team.
func join(team string, people []string) []string {
	if len(people) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("owner: POST teams/%s/relationships/users%s -> 204", team, items(people))}
}

// writeAdministrators: administrators: PEOPLE, into Terrakube's administrator group.
func writeAdministrators(_, people []string) []string {
	return []string{fmt.Sprintf("site: POST admin/groups/{administrators}/relationships/members%s -> 204", items(people))}
}

// items are users as the items of a body.
func items(people []string) string {
	var b strings.Builder
	for _, who := range people {
		fmt.Fprintf(&b, " +users:{name:%s}", who)
	}
	return b.String()
}

// writeTeam: team NAME [secret] [tokens-off] [FLAG…][: PEOPLE].
func writeTeam(words, people []string) []string {
	name, visibility := words[0], "organization"
	var rest strings.Builder
	for _, word := range words[1:] {
		switch word {
		case "secret":
			visibility = "secret"
		case "tokens-off":
			rest.WriteString(" allow-member-token-management=false")
		default:
			rest.WriteString(" organization-access." + word + "=true")
		}
	}
	create := fmt.Sprintf("owner: POST organizations/{org}/teams name=%s visibility=%s%s -> 2xx as %s", name, visibility, rest.String(), name)
	return append([]string{create}, join("{"+name+"}", people)...)
}

// writeProject: project NAME.
func writeProject(words, _ []string) []string {
	return []string{fmt.Sprintf("owner: POST organizations/{org}/projects name=%s -> 201 as %[1]s", words[0])}
}

// writeWorkspace: workspace NAME [in PROJECT].
func writeWorkspace(words, _ []string) []string {
	place := ""
	if len(words) == 3 {
		place = " project~projects:{" + words[2] + "}"
	}
	return []string{fmt.Sprintf("owner: POST organizations/{org}/workspaces name=%s%s -> 201 as %[1]s", words[0], place)}
}

// writeStack: stack NAME in PROJECT.
func writeStack(words, _ []string) []string {
	return []string{fmt.Sprintf("owner: POST stacks name=%s project~projects:{%s} -> 201 as %[1]s", words[0], words[2])}
}

// writeAccess: access TEAM LEVEL on workspace|project NAME [FIELD=VALUE…] [as NAME].
func writeAccess(words, _ []string) []string {
	team, level, scope, name := words[0], words[1], words[3], words[4]
	fields, as := words[5:], ""
	if n := len(fields); n >= 2 && fields[n-2] == "as" {
		fields, as = fields[:n-2], " as "+fields[n-1]
	}
	body := strings.TrimRight(" "+strings.Join(fields, " "), " ")
	return []string{fmt.Sprintf("owner: POST team-%[1]ss access=%[2]s%[3]s team~teams:{%[4]s} %[1]s~%[1]ss:{%[5]s} -> 2xx%[6]s", scope, level, body, team, name, as)}
}

// writeRole: role NAME PERMISSION….
func writeRole(words, _ []string) []string {
	listed := `"` + strings.Join(words[1:], `","`) + `"`
	return []string{fmt.Sprintf(`owner: POST organizations/{org}/roles json:{"data":{"type":"roles","attributes":{"name":"%s","permissions":[%s]}}} -> 201 as %[1]s`, words[0], listed)}
}

// writeGrant: grant ROLE to TYPE:HOLDER on TYPE:SCOPE [as NAME]. A role that nobody made here is a built-in one.
func writeGrant(words, _ []string) []string {
	as := ""
	if len(words) == 7 {
		as = " as " + words[6]
	}
	return []string{fmt.Sprintf("owner: POST organizations/{org}/grants role~roles:%s holder~%s scope~%s -> 201%s", words[0], words[2], words[4], as)}
}

// writeGroup: group NAME: PEOPLE.
func writeGroup(words, people []string) []string {
	create := fmt.Sprintf("site: POST admin/groups name={fresh} -> 201 as %s", words[0])
	if len(people) == 0 {
		return []string{create}
	}
	return []string{create, fmt.Sprintf("site: POST admin/groups/{%s}/relationships/members%s -> 204", words[0], items(people))}
}

// writeLink: link GROUP to TEAM.
func writeLink(words, _ []string) []string {
	return []string{fmt.Sprintf("site: POST organizations/{org}/group-links group~groups:{%s} team~teams:{%s} -> 201", words[0], words[2])}
}

// writeAttach: attach GROUP [ROLE|FLAG…]: PEOPLE. A group with these people becomes a Terrakube team of the organization.
func writeAttach(words, people []string) []string {
	var fields strings.Builder
	for _, word := range words[1:] {
		if _, _, assigned := strings.Cut(word, "="); !assigned {
			word += "=true"
		}
		fields.WriteString(" " + word)
	}
	name := words[0]
	return []string{
		fmt.Sprintf("site: POST admin/groups name={rule}-%s -> 201 as group-%[1]s", name),
		fmt.Sprintf("site: POST admin/groups/{group-%s}/relationships/members%s -> 204", name, items(people)),
		fmt.Sprintf("site: POST /api/v1/organization/{org-id}/team name={rule}-%s%s -> 201 as %[1]s", name, fields.String()),
	}
}
