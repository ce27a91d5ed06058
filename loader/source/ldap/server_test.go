package ldap_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"

	"github.com/terrawarden/terrawarden/loader/source/ldap"
)

// asked is a search that a scripted server is asked.
type asked struct {
	base, filter string
	scope        int64
	attrs        []string
	paged        bool
	size         int64
	cookie       string
}

// reply writes the answer to one search.
type reply struct {
	conn net.Conn
	id   *ber.Packet
}

// serve runs a server whose searches a script answers: what no real server does on demand. It lets everybody bind.
func serve(t *testing.T, script func(asked, *reply)) ldap.Settings {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex // connections follow each other, and scripts count
	one := func(a asked, r *reply) {
		mu.Lock()
		defer mu.Unlock()
		script(a, r)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go converse(conn, one)
		}
	}()
	return ldap.Settings{
		URL: "ldap://" + l.Addr().String(), BindDN: "cn=reader,dc=example", Password: func() (string, error) { return "secret", nil },
		UserBase: "ou=people,dc=example", GroupBase: "ou=groups,dc=example", PageSize: 2, Settle: time.Millisecond,
	}
}

func converse(conn net.Conn, script func(asked, *reply)) {
	defer func() { _ = conn.Close() }()
	for {
		packet, err := ber.ReadPacket(conn)
		if err != nil || len(packet.Children) < 2 {
			return
		}
		r := &reply{conn: conn, id: packet.Children[0]}
		switch op := packet.Children[1]; op.Tag {
		case goldap.ApplicationBindRequest:
			r.result(goldap.ApplicationBindResponse, 0, "")
		case goldap.ApplicationSearchRequest:
			script(parseSearch(packet), r)
		default:
			return
		}
	}
}

func parseSearch(packet *ber.Packet) asked {
	op := packet.Children[1]
	filter, _ := goldap.DecompileFilter(op.Children[6])
	a := asked{base: op.Children[0].Data.String(), filter: filter}
	a.scope, _ = op.Children[1].Value.(int64)
	for _, name := range op.Children[7].Children {
		a.attrs = append(a.attrs, name.Data.String())
	}
	if len(packet.Children) < 3 {
		return a
	}
	for _, c := range packet.Children[2].Children {
		if c.Children[0].Data.String() == goldap.ControlTypePaging {
			value := ber.DecodePacket(c.Children[len(c.Children)-1].Data.Bytes())
			a.paged, a.cookie = true, value.Children[1].Data.String()
			a.size, _ = value.Children[0].Value.(int64)
		}
	}
	return a
}

func octets(text string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, "")
}

func (r *reply) send(parts ...*ber.Packet) {
	envelope := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	envelope.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, r.id.Value, ""))
	for _, p := range parts {
		envelope.AppendChild(p)
	}
	_, _ = r.conn.Write(envelope.Bytes())
}

func (r *reply) result(tag ber.Tag, code int64, words string, controls ...*ber.Packet) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(words))
	r.send(append([]*ber.Packet{op}, controls...)...)
}

// entry sends an entry; its attributes are pairs of a name and values.
func (r *reply) entry(dn string, attrs map[string][]string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, values := range attrs {
		pair := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		pair.AppendChild(octets(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(octets(v))
		}
		pair.AppendChild(set)
		list.AppendChild(pair)
	}
	op.AppendChild(list)
	r.send(op)
}

// reference sends a continuation reference.
func (r *reply) reference(url string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultReference, nil, "")
	op.AppendChild(octets(url))
	r.send(op)
}

// done ends a search without saying anything of pages.
func (r *reply) done(code int64, words string) {
	r.result(goldap.ApplicationSearchResultDone, code, words)
}

// page ends a page: the cookie of the next, "" after the last, and an estimate of how many there are.
func (r *reply) page(estimate int64, cookie string) {
	paging := goldap.NewControlPaging(uint32(estimate))
	paging.SetCookie([]byte(cookie))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(paging.Encode())
	r.result(goldap.ApplicationSearchResultDone, 0, "", controls)
}

// drop breaks the connection.
func (r *reply) drop() { _ = r.conn.Close() }

// object is an entry of a scripted server.
type object struct {
	dn    string
	attrs map[string][]string
}

// people and groups are what a healthy scripted server has: five people, three groups.
func people() []object {
	var out []object
	for _, uid := range []string{"ann", "bob", "cy", "dee", "eve"} {
		out = append(out, object{"uid=" + uid + ",ou=people,dc=example", map[string][]string{"entryUUID": {"id-" + uid}, "uid": {uid}}})
	}
	return out
}

func groups() []object {
	group := func(cn string, members ...string) object {
		return object{"cn=" + cn + ",ou=groups,dc=example", map[string][]string{
			"entryUUID": {"id-" + cn}, "cn": {cn}, "objectClass": {"groupOfNames"}, "member": members,
		}}
	}
	return []object{
		group("dev", "uid=ann,ou=people,dc=example", "uid=eve,ou=people,dc=example"),
		group("ops", "uid=bob,ou=people,dc=example", "cn=dev,ou=groups,dc=example"),
		group("all", "uid=eve,ou=people,dc=example", "cn=ops,ou=groups,dc=example"),
	}
}

// healthy answers as a directory should, in pages.
func healthy(a asked, r *reply) { answer(a, r, people(), groups()) }

func answer(a asked, r *reply, people, groups []object) {
	list := people
	if strings.Contains(a.base, "ou=groups") {
		list = groups
	}
	from := len(a.cookie) // a cookie is as long as what has been sent
	to := min(from+int(a.size), len(list))
	for _, o := range list[from:to] {
		r.entry(o.dn, o.attrs)
	}
	cookie := ""
	if to < len(list) {
		cookie = strings.Repeat("x", to)
	}
	r.page(0, cookie)
}
