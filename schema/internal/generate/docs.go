package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

func renderDocs(v *vocabulary, roles []role) ([]byte, error) {
	b := bytes.NewBufferString("# Permissions\n\n<!-- Generated from schema/vocabulary.yaml and schema/roles.yaml by make generate. -->\n\n" +
		"Every permission, what it means, what it carries with it, and what the other systems call it. An action name in a check may carry its system: " +
		"`otf:run:apply`, `terrakube:manageWorkspace`, `infra0:terraform.plan`, `tfe:can-queue-apply`. On an organization or project, a permission of a type below it " +
		"(`workspace.apply_run`) asks whether it is held on all it contains.\n\n" +
		"*Derived* permissions follow from others and are in no role. *Owner-only* ones are in no delegated set.\n")
	for _, t := range v.Types {
		if !slices.ContainsFunc(t.Permissions, func(p permission) bool { return !p.internal() }) {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n| permission | meaning | implies | TFE | OTF | Terrakube | infra0 |\n| --- | --- | --- | --- | --- | --- | --- |\n", t.Name, strings.TrimSpace(t.Doc))
		for _, p := range t.Permissions {
			if p.internal() {
				continue
			}
			note := ""
			if !p.atom() {
				note = " *Derived.*"
			}
			if p.OwnerOnly {
				note = " *Owner-only.*"
			}
			fmt.Fprintf(b, "| `%s` | %s%s | %s | %s | %s | %s | %s |\n", p.Name, p.Doc, note, code(p.Implies), code(p.TFE), code(p.OTF), code(p.Terrakube), code(p.Infra0))
		}
	}
	b.WriteString("\n## Built-in roles\n\nLocked, the same everywhere. *System* roles are held through the model itself and never granted by hand.\n\n| role | what it is | granted at | permissions before implications |\n| --- | --- | --- | --- |\n")
	for _, r := range roles {
		doc := r.Doc
		if r.System {
			doc += " *System.*"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", r.Name, doc, strings.Join(r.Scopes, ", "), code(r.Permissions))
	}
	b.WriteString("\n## Sets used above\n\n| set | permissions |\n| --- | --- |\n")
	for _, name := range []string{"workspace-read", "workspace-plan", "workspace-write", "workspace-admin"} {
		fmt.Fprintf(b, "| `@%s` | %s |\n", name, code(v.Sets[name]))
	}
	return b.Bytes(), nil
}

func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}
