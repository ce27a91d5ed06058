package main

import (
	"bytes"
	"fmt"
	"strings"
)

const header = `// The authorization model of Terrawarden, for SpiceDB.
// Generated from vocabulary.yaml; change that file and run make generate.

use expiration
use typechecking

`

func renderSchema(v *vocabulary, _ []role) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header)
	for i, t := range v.Types {
		if i > 0 {
			b.WriteString("\n")
		}
		comment(&b, "", t.Doc)
		if len(t.Relations) == 0 {
			fmt.Fprintf(&b, "definition %s {}\n", t.Name)
			continue
		}
		fmt.Fprintf(&b, "definition %s {\n", t.Name)
		v.zedRelations(&b, t)
		v.zedPermissions(&b, t)
		b.WriteString("}\n")
	}
	return b.Bytes(), nil
}

func (v *vocabulary) zedRelations(b *bytes.Buffer, t *typeDef) {
	for _, r := range t.Relations {
		comment(b, "\t", r.Doc)
		fmt.Fprintf(b, "\trelation %s: %s\n", r.Name, strings.Join(r.Subjects, " | "))
	}
	if t.Name != "binding" {
		return
	}
	for _, a := range v.atoms() {
		comment(b, "\t", fmt.Sprintf("The holder, when the role contains %s.%s.", a.Type, a.Name))
		fmt.Fprintf(b, "\trelation has_%s: team\n", a.qualified())
	}
	for _, a := range v.atoms() {
		comment(b, "\t", "Through this binding: "+a.Doc)
		fmt.Fprintf(b, "\tpermission %s = has_%s->member\n", a.qualified(), a.qualified())
	}
}

func (v *vocabulary) zedPermissions(b *bytes.Buffer, t *typeDef) {
	for _, p := range t.Permissions {
		comment(b, "\t", p.Doc)
		fmt.Fprintf(b, "\tpermission %s = %s\n", p.Name, t.expression(p))
	}
	for _, p := range t.Helpers {
		comment(b, "\t", p.Doc)
		fmt.Fprintf(b, "\tpermission %s = %s\n", p.Name, p.Expr)
	}
	if t.scope() {
		for _, a := range v.inherited(t) {
			comment(b, "\t", fmt.Sprintf("On everything below: %s", a.Doc))
			fmt.Fprintf(b, "\tpermission %s = %s\n", a.qualified(), t.inherit(a.qualified()))
		}
	}
}

// expression is the right side of a permission of t: its own expression, or the binding here and the scope above.
func (t *typeDef) expression(p permission) string {
	if p.Expr != "" {
		return p.Expr
	}
	expr := t.inherit(t.Name + "_" + p.Name)
	if p.Extra != "" {
		expr += " + " + p.Extra
	}
	return expr
}

func (t *typeDef) inherit(qualified string) string {
	expr := "binding->" + qualified
	if t.Parent != "" {
		expr += " + " + t.Parent + "->" + qualified
	}
	return expr
}

func comment(b *bytes.Buffer, indent, text string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		fmt.Fprintf(b, "%s// %s\n", indent, strings.TrimSpace(line))
	}
}
