package directory

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/terrawarden/terrawarden/internal/catalog"
)

// linkKey is what a link joins.
type linkKey struct {
	group, organization, team string // the external id, folded names
	siteAdmins                bool
}

// linker finds out which links the rules make.
type linker struct {
	*differ
	orgs    map[string]string    // names by their folded form
	teams   map[string]TeamState // by folded organization and team
	named   map[string]int       // how many groups have a name
	pattern []*regexp.Regexp     // of the rules
	have    map[linkKey]bool
	want    map[linkKey]LinkChange
	inDoubt map[linkKey]bool // neither made nor ended
	made    map[ruled]bool   // there are links that a rule made for a group
	astray  map[ruled]bool   // those are not ended: there is no such team or organization now
}

// ruled is what a rule makes for a group, by its external id.
type ruled struct{ rule, group string }

// ruleLinks plans the links of the settings' rules. What a person linked is left alone; what no rule makes any more ends.
// Links of groups that are retired or paused stay as they are.
func (d *differ) ruleLinks() {
	l := d.newLinker()
	for _, id := range slices.Sorted(maps.Keys(d.groups)) {
		if g := d.groups[id]; g.existing && !g.retired && !g.paused() {
			for i, r := range d.set.Rules {
				l.rule(g, r, l.pattern[i])
			}
		}
	}
	for key, change := range l.want {
		if !l.have[key] {
			d.plan.Links = append(d.plan.Links, change)
		}
	}
	for _, link := range d.state.Links {
		l.end(link)
	}
}

func (g *groupPlan) paused() bool { return g.have != nil && g.have.Paused }

func (d *differ) newLinker() *linker {
	l := &linker{
		differ: d, orgs: map[string]string{}, teams: make(map[string]TeamState, len(d.state.Teams)), named: make(map[string]int, len(d.groups)),
		have: make(map[linkKey]bool, len(d.state.Links)), want: map[linkKey]LinkChange{}, inDoubt: map[linkKey]bool{},
		made: map[ruled]bool{}, astray: map[ruled]bool{},
	}
	for _, t := range d.state.Teams {
		l.teams[teamKey(t.Organization, t.Name)] = t
		l.orgs[catalog.NameKey(t.Organization)] = t.Organization
	}
	for _, name := range d.state.Organizations {
		l.orgs[catalog.NameKey(name)] = name
	}
	for _, g := range d.groups {
		if g.existing && !g.retired {
			l.named[g.name]++
		}
	}
	for _, r := range d.set.Rules {
		var compiled *regexp.Regexp
		if r.Pattern != "" {
			compiled, _ = r.pattern() // Validate has compiled it
		}
		l.pattern = append(l.pattern, compiled)
	}
	for _, link := range d.state.Links {
		if g := d.groupIDs[link.GroupID]; g != nil {
			l.have[keyOf(g.id, link)] = true
			l.made[ruled{link.Rule, g.id}] = true
		}
	}
	return l
}

func teamKey(org, team string) string { return catalog.NameKey(org) + "/" + catalog.NameKey(team) }

func keyOf(group string, l LinkState) linkKey {
	if l.SiteAdmins {
		return linkKey{group: group, siteAdmins: true}
	}
	return linkKey{group: group, organization: catalog.NameKey(l.Organization), team: catalog.NameKey(l.Team)}
}

// rule finds the links that one rule makes for one group.
func (l *linker) rule(g *groupPlan, r Rule, pattern *regexp.Regexp) {
	if r.Pattern != "" && pattern == nil {
		return
	}
	found, ok := r.selects(g.id, g.name, pattern)
	if !ok || r.Match == "" && !l.serves(g, r) {
		return
	}
	change := LinkChange{Op: OpCreate, Rule: r.Name, GroupExternalID: g.id, GroupName: g.name}
	switch {
	case r.SiteAdmins:
		if l.state.Trust != catalog.TrustAdministrators {
			l.refuse(g, r, "the directory is not trusted with administrators")
			return
		}
		change.SiteAdmins = true
		l.add(g, r, change, r.byName())
	case r.Match != "":
		teams, byName := r.finds(g.id, g.name, l.state.Teams, func(id string) bool { return l.groups[id] != nil && id != g.id })
		if len(teams) > 0 && !l.serves(g, r) {
			return
		}
		for i, t := range teams {
			change.Organization, change.Team = t.Organization, t.Name
			l.add(g, r, change, byName[i] || r.byName())
		}
	default:
		l.team(g, r, found, change)
	}
}

// serves reports whether a rule is for the source: one that does not name it trusts the names of groups of any directory.
func (l *linker) serves(g *groupPlan, r Rule) bool {
	switch {
	case !r.Shared:
		return true
	case r.ID != "":
		l.refuse(g, r, "it goes by an id, which another directory may have for another group: it must name its source")
		return false
	case !l.namesTeams():
		l.refuse(g, r, "the directory is not trusted with teams: a rule for it must name it as its source")
		return false
	}
	return true
}

// team finds the one team that a rule names, which the rule may have made.
func (l *linker) team(g *groupPlan, r Rule, found []string, change LinkChange) {
	org, team, err := r.place(found)
	if err != nil {
		l.refuse(g, r, err.Error())
		return
	}
	name, ok := l.orgs[catalog.NameKey(org)]
	if !ok {
		l.missing(g, r, fmt.Sprintf("there is no organization %s, and rules make none", org))
		return
	}
	t, ok := l.teams[teamKey(org, team)]
	switch {
	case ok && t.Owners && !r.fixed():
		l.refuse(g, r, fmt.Sprintf("team %s/%s is the owners team, which a rule must name in full", t.Organization, t.Name))
		return
	case ok:
		change.Organization, change.Team = t.Organization, t.Name
	case !r.Create:
		l.missing(g, r, fmt.Sprintf("there is no team %s/%s, and the rule makes none", name, team))
		return
	default:
		change.Organization, change.Team, change.CreateTeam = name, team, true
	}
	l.add(g, r, change, r.byName())
}

// add makes a link, unless it goes by a name that several groups have: whoever can name a group would choose who is in a
// team.
func (l *linker) add(g *groupPlan, r Rule, change LinkChange, byName bool) {
	key := keyOf(g.id, LinkState{Organization: change.Organization, Team: change.Team, SiteAdmins: change.SiteAdmins})
	if byName && l.named[g.name] > 1 {
		l.inDoubt[key] = true
		if !l.have[key] {
			l.refuse(g, r, fmt.Sprintf("several groups are named %q: a rule can tell them apart by their ids", g.name))
		}
		return
	}
	if _, made := l.want[key]; !made {
		l.want[key] = change
	}
}

func (l *linker) refuse(g *groupPlan, r Rule, reason string) {
	l.conflict("link", g.id, g.name, "rule %s: %s", r.Name, reason)
}

// missing refuses a rule whose team is not there now. What it made before stays: the team may have another name by now. Not
// where the group has one, so that the rule means another team.
func (l *linker) missing(g *groupPlan, r Rule, reason string) {
	key := ruled{r.Name, g.id}
	if l.made[key] && (g.change.Was == "" || r.fixed()) {
		l.astray[key] = true
		reason += "; what it linked stays"
	}
	l.refuse(g, r, reason)
}

// end ends a link that a rule made and none makes any more.
func (l *linker) end(link LinkState) {
	g := l.groupIDs[link.GroupID]
	if link.Rule == "" || link.Paused || g == nil || !g.existing || g.retired || g.paused() {
		return
	}
	key := keyOf(g.id, link)
	if _, made := l.want[key]; made || l.inDoubt[key] || !link.SiteAdmins && l.astray[ruled{link.Rule, g.id}] {
		return
	}
	l.plan.Links = append(l.plan.Links, LinkChange{
		Op: OpDelete, Rule: link.Rule, GroupExternalID: g.id, GroupName: g.name, Organization: link.Organization, Team: link.Team,
		SiteAdmins: link.SiteAdmins, LinkID: link.ID, People: l.inside(g.id),
	})
}
