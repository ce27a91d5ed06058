package ldap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// maxIdle is how many pages in a row may come without an entry before we stop asking.
const maxIdle = 100

// search is what is asked of the directory.
type search struct {
	what   string // for people
	base   string
	filter string
	attrs  []string
	twice  bool // a list whose last page is empty is asked for again
}

// list gives every entry that a search brings to each, in pages (RFC 2696). It returns why the list is not complete, ""
// where it is. What is not a list at all is an error. A list that is read twice gives its entries twice.
func (r *reader) list(s search, each func(*goldap.Entry)) (cut string, err error) {
	first, cut, err := r.pages(s, each)
	if cut != "" || err != nil || !s.twice || !first.doubtful() {
		return cut, err
	}
	second, cut, err := r.pages(s, each)
	if cut == "" && err == nil && !maps.Equal(first.seen, second.seen) {
		cut = "it ended with nothing, and was another when asked again"
	}
	return cut, err
}

// pages asks a search to its end, page by page.
func (r *reader) pages(s search, each func(*goldap.Entry)) (p *pages, cut string, err error) {
	paging := goldap.NewControlPaging(uint32(r.settings.PageSize))
	// No limit of our own in the request: OpenLDAP refuses one above its own.
	request := goldap.NewSearchRequest(s.base, goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 0, 0, false,
		s.filter, s.attrs, []goldap.Control{paging})
	p = &pages{size: r.settings.PageSize, limit: r.settings.MaxEntries, seen: map[string]bool{}}
	for {
		result, err := r.conn.Search(request)
		why := ""
		if result != nil { // beside an error, too
			if slices.ContainsFunc(result.Referrals, r.leadsAway) {
				cut = "the directory refers to another server, which is not followed"
			}
			why = p.take(result.Entries, each)
		}
		if err != nil {
			if why = orElse(why, cutShort(err)); why == "" {
				return p, "", answered(err, "", s.what)
			}
		}
		if why != "" {
			return p, why, nil
		}
		cookie, why := p.next(result)
		if why != "" || len(cookie) == 0 {
			return p, orElse(why, cut), nil
		}
		paging.SetCookie(cookie)
	}
}

// pages watches a list that comes in pages.
type pages struct {
	size, limit int
	number      int
	idle        int
	seen        map[string]bool // DNs
}

// doubtful reports whether the last page was empty: a list may end so, and so does a directory that has lost its own.
func (p *pages) doubtful() bool { return p.idle > 0 }

// take gives new entries to each, or says why no more are taken.
func (p *pages) take(entries []*goldap.Entry, each func(*goldap.Entry)) string {
	for _, e := range entries {
		switch {
		case p.seen[e.DN]:
			return "the directory answers an entry twice"
		case len(p.seen) == p.limit:
			return fmt.Sprintf("there are more than %d", p.limit)
		}
		p.seen[e.DN] = true
		each(e)
	}
	return ""
}

// next returns the cookie of the next page, none after the last, or why the list cannot be trusted to go on.
func (p *pages) next(result *goldap.SearchResult) (cookie []byte, why string) {
	p.number++
	paging, ok := goldap.FindControl(result.Controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
	switch {
	case !ok && p.number > 1:
		return nil, "the directory stopped saying whether there is more"
	case !ok && len(result.Entries) == p.size:
		return nil, "the directory answers a full page and does not say whether there is more"
	case !ok: // it knows no pages, and has answered everything
		return nil, ""
	}
	if p.idle++; len(result.Entries) > 0 {
		p.idle = 0
	}
	if len(paging.Cookie) == 0 {
		return nil, ""
	}
	if p.idle > maxIdle {
		return nil, "the directory says that there is more and does not answer it"
	}
	return paging.Cookie, ""
}

// leadsAway reports whether a reference leads to where people may be. Those of Active Directory to its partitions that
// hold none do not: a search at the root of a domain always brings them.
func (r *reader) leadsAway(reference string) bool {
	if r.settings.Kind != KindActiveDirectory {
		return true
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(reference, "ldap://"), "/")
	first, _, _ := strings.Cut(strings.ToLower(path), ",")
	return first != "dc=forestdnszones" && first != "dc=domaindnszones" && first != "cn=configuration"
}

// changedSince narrows a filter to what has changed since a time, "" to nothing less.
func (r *reader) changedSince(filter, since string) string {
	if since == "" {
		return filter
	}
	return "(&" + filter + "(" + r.settings.Attributes.Changed + ">=" + since + "))"
}

// attrs returns the names of attributes to ask for.
func (r *reader) attrs(more ...string) []string {
	out := append([]string{r.settings.Attributes.ID}, more...)
	if r.settings.Attributes.Changed != none {
		out = append(out, r.settings.Attributes.Changed)
	}
	return out
}
