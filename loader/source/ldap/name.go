package ldap

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"
)

// names are ids of entries by what members call them: a folded DN or username. One that stands for two is "".
type names map[string]string

// add notes what an id is called.
func (n names) add(name, id string) {
	if was, twice := n[name]; twice && was != id {
		id = ""
	}
	n[name] = id
}

// foldDN returns a DN as it compares: types and values in lower case, single spaces, escapes undone and done again in
// one way. Two spellings of a DN are one (RFC 4514); matching rules that mind the case are rare, and names that differ
// by case alone in one place are rarer.
func foldDN(text string) string {
	dn, err := goldap.ParseDN(text)
	if err != nil {
		return foldName(text)
	}
	parts := make([]string, 0, len(dn.RDNs))
	for _, rdn := range dn.RDNs {
		pairs := make([]string, 0, len(rdn.Attributes))
		for _, a := range rdn.Attributes {
			pairs = append(pairs, shortType(a.Type)+"="+escape(foldName(a.Value)))
		}
		slices.Sort(pairs)
		parts = append(parts, strings.Join(pairs, "+"))
	}
	return strings.Join(parts, ",")
}

// escape marks what separates the parts of a DN, where it is in a value.
func escape(value string) string {
	const separators = `\,+=`
	if !strings.ContainsAny(value, separators) {
		return value
	}
	var out strings.Builder
	for _, r := range value {
		if strings.ContainsRune(separators, r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// shortType returns the short name of an attribute type that DNs are made of (RFC 4519).
func shortType(name string) string {
	switch name = strings.ToLower(name); name {
	case "commonname", "2.5.4.3":
		return "cn"
	case "userid", "0.9.2342.19200300.100.1.1":
		return "uid"
	case "domaincomponent", "0.9.2342.19200300.100.1.25":
		return "dc"
	case "organizationalunitname", "2.5.4.11":
		return "ou"
	case "organizationname", "2.5.4.10":
		return "o"
	case "countryname", "2.5.4.6":
		return "c"
	}
	return name
}

// foldName returns a name as directories compare it: in lower case, with single spaces.
func foldName(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// below reports whether a folded DN is in a folded base.
func below(dn, base string) bool { return base == "" || dn == base || strings.HasSuffix(dn, ","+base) }

// identity returns the id of an entry, "" where the directory does not show a single one.
func (s Settings) identity(e *goldap.Entry) string {
	for _, a := range e.Attributes {
		if !strings.EqualFold(a.Name, s.Attributes.ID) || len(a.ByteValues) != 1 {
			continue
		}
		raw := a.ByteValues[0]
		if strings.EqualFold(a.Name, "objectGUID") {
			return guid(raw)
		}
		if utf8.Valid(raw) {
			return strings.TrimSpace(string(raw))
		}
	}
	return ""
}

// guid returns the usual text of an objectGUID, whose first three parts are little-endian; "" when it is none.
func guid(raw []byte) string {
	if len(raw) != 16 {
		return ""
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x",
		binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint16(raw[4:]), binary.LittleEndian.Uint16(raw[6:]), raw[8:10], raw[10:])
}

// label returns the value of an attribute. Among several that which the entry is named by, else the first.
func label(e *goldap.Entry, attribute string) string {
	values := e.GetEqualFoldAttributeValues(attribute)
	if len(values) == 0 {
		return ""
	}
	if len(values) > 1 {
		if dn, err := goldap.ParseDN(e.DN); err == nil && len(dn.RDNs) > 0 {
			for _, a := range dn.RDNs[0].Attributes {
				if strings.EqualFold(a.Type, attribute) && slices.Contains(values, a.Value) {
					return a.Value
				}
			}
		}
	}
	return strings.TrimSpace(values[0])
}
