package rest

import "strings"

// NextLink returns the address that the Link headers of a reply give to the next page (RFC 8288), "" without one. There may be
// several headers, and several links in each.
func (r Reply) NextLink() string {
	for _, header := range r.Header.Values("Link") {
		for header != "" {
			open := strings.IndexByte(header, '<')
			if open < 0 {
				break
			}
			target, rest, closed := strings.Cut(header[open+1:], ">")
			if !closed {
				break
			}
			parameters := rest
			if next := strings.IndexByte(rest, '<'); next >= 0 {
				parameters = rest[:next]
			}
			if isNext(parameters) {
				return target
			}
			header = rest
		}
	}
	return ""
}

// isNext reports whether the parameters of a link give it the relation next.
func isNext(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for relation := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `",`)) {
			if strings.EqualFold(strings.Trim(relation, `",`), "next") {
				return true
			}
		}
	}
	return false
}
