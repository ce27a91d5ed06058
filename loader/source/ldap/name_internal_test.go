package ldap

import (
	"testing"
)

func TestFoldDN(t *testing.T) {
	t.Parallel()
	same := map[string]string{
		"UID=Ann, OU=People,DC=example":   "uid=ann,ou=people,dc=example",
		"uid=ann , ou = people,dc=exa":    "UID=ann,ou=people,dc=exa",
		`cn=Smith\, Ann,dc=x`:             `cn=smith\2C ann,dc=x`,
		`cn=a\+b,dc=x`:                    `cn=a\2bb,dc=x`,
		"cn=a+uid=b,dc=x":                 "uid=B+cn=A,dc=x",
		"commonName=a,domainComponent=x":  "cn=a,dc=x",
		"2.5.4.3=a,dc=x":                  "cn=a,dc=x",
		"userid=a,dc=x":                   "uid=a,dc=x",
		"cn=two  spaces,dc=x":             "cn=two spaces,dc=x",
		`cn=Zo\C3\AB,dc=x`:                "cn=zoë,dc=x",
		"no name at all":                  "NO  name at all ",
		"cn=#0403616263,dc=x":             "cn=ABC,dc=x", // BER of an octet string
		`cn=\23hash,dc=x`:                 `cn=\#hash,dc=x`,
		"cn=a,":                           "cn=A,",
		"CN=Person 1,OU=Staff,DC=corp":    "cn=person 1,ou=staff,dc=corp",
		`cn=with \"quotes\",ou=a\=b,dc=x`: `CN=With \22Quotes\22,ou=A\3DB,dc=x`,
	}
	for a, b := range same {
		if foldDN(a) != foldDN(b) {
			t.Errorf("%q and %q are two: %q, %q", a, b, foldDN(a), foldDN(b))
		}
	}
	different := map[string]string{
		"cn=a,dc=x":     "uid=a,dc=x",
		`cn=a\,dc=x`:    "cn=a,dc=x", // one part, and two
		`cn=a\+uid=b`:   "cn=a+uid=b",
		"cn=ab,dc=x":    "cn=a b,dc=x",
		"cn=c,dc=x":     "cn=c,dc=x,dc=x",
		`cn=a\\,dc=x`:   `cn=a\,dc=x`,
		"cn=a\\=b,dc=x": "cn=a,b=dc=x",
	}
	for a, b := range different {
		if foldDN(a) == foldDN(b) {
			t.Errorf("%q and %q are one: %q", a, b, foldDN(a))
		}
	}
	inside := map[string]bool{"ou=people,dc=x": true, "uid=a,ou=people,dc=x": true, "uid=a,ou=people,dc=x,dc=y": false, "uid=a,ou=otherpeople,dc=x": false, "dc=x": false}
	for dn, want := range inside {
		if below(foldDN(dn), foldDN("OU=People, DC=x")) != want {
			t.Errorf("%q in ou=people,dc=x: want %v", dn, want)
		}
	}
}

func TestGUID(t *testing.T) {
	t.Parallel()
	raw := []byte{0x04, 0x03, 0x02, 0x01, 0x06, 0x05, 0x08, 0x07, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10}
	if got, want := guid(raw), "01020304-0506-0708-090a-0b0c0d0e0f10"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := guid(raw[:15]); got != "" {
		t.Errorf("15 bytes are %q", got)
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"20261122131345Z": "20261122131345Z", "20261122131345.123456Z": "20261122131345Z", "20261122131345.0Z": "20261122131345Z",
		"20261122131345": "", "20261122131345+0100": "", "2026112213Z": "", "": "", "20261322131345Z": "", "20261122131345Z)(uid=*": "",
	} {
		got := ""
		if parsed, ok := parseStamp(text); ok {
			got = Settings{}.stamp(parsed)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzFoldDN(f *testing.F) {
	for _, seed := range []string{"uid=a,dc=x", `cn=a\,b+uid=c,dc=x`, "cn=#0403616263", `\`, "=", "a=b,", "cn=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := foldDN(text)
		if !below(folded, folded) || !below("uid=a,"+folded, folded) {
			t.Errorf("%q is not in itself: %q", text, folded)
		}
	})
}
