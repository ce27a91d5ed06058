package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown returns docs/conformance.md.
func Markdown(all []Document) []byte {
	var b strings.Builder
	b.WriteString(`# Conformance

<!-- Generated from conformance/rules/*.rules; make conformance-rules-docs writes it. -->

Terrawarden expresses the permission models of five documents. Each rule of theirs is numbered here, said in our own words,
with how it is expressed, the calls that set it up and the test that proves it. Every test runs over HTTP against the real
binary, in an organization of its own: what must be allowed is allowed, and what must be refused is refused to somebody
who nearly may. ` + "`make conformance-rules`" + ` runs them all.

`)
	summary(&b, all)
	b.WriteString(`
A rule is *one-sided* where the document gives it only one side; it says which, and why. A rule that does not hold *yet*
says why; its test fails as soon as it does hold. Calls without a leading slash are below ` + "`/api/v2/`" + `; making people, their
tokens and the organization itself is left out. M, P and N refer to the design decisions that settle what the documents leave open.

Rules run on one of these servers, the first unless they say otherwise:

`)
	for _, name := range ServerNames() {
		fmt.Fprintf(&b, "- **%s**: %s\n", name, Servers()[name].About)
	}
	for _, d := range all {
		d.write(&b)
	}
	return []byte(b.String())
}

func summary(b *strings.Builder, all []Document) {
	b.WriteString("| document | rules | proved | one-sided | not yet | allowed steps | refused steps |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	var sum [6]int
	for _, d := range all {
		row := d.counts()
		for i, n := range row {
			sum[i] += n
		}
		fmt.Fprintf(b, "| [%s](#%s) | %s |\n", d.Title, anchor(d.Title), numbers(row))
	}
	fmt.Fprintf(b, "| **all** | %s |\n", numbers(sum))
}

// counts are the rules of a document, those of each status, and their steps.
func (d Document) counts() [6]int {
	n := [6]int{len(d.Rules)}
	for _, r := range d.Rules {
		n[1+slices.Index([]Status{Proved, OneSided, NotYet}, r.Status())]++
		n[4] += r.count(Allowed)
		n[5] += r.count(Refused)
	}
	return n
}

func numbers(all [6]int) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, " | ")
}

// anchor is what a heading can be linked by.
func anchor(title string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9'):
			return r
		}
		return -1
	}, strings.ToLower(title))
	return kept
}

func (d Document) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s The tests are in `conformance/rules/%s`.\n\n", d.Title, d.About, d.File)
	b.WriteString("| id | part | rule | here | set up by | proved by |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range d.Rules {
		cells := []string{r.ID, r.Part, r.Says, r.Here, r.calls(), r.proof(d.File)}
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

// calls lists the calls that set a rule up, each once.
func (r Rule) calls() string {
	var out []string
	for _, step := range r.Steps {
		if call := "`" + step.shape() + "`"; step.Section == Setup && step.Method != "" && !slices.Contains(out, call) {
			out = append(out, call)
		}
	}
	if len(out) == 0 {
		return "the organization alone"
	}
	return strings.Join(out, "<br>")
}

// proof says what proves a rule.
func (r Rule) proof(file string) string {
	where := fmt.Sprintf("%s:%s, %d allowed, %d refused", file, r.ID, r.count(Allowed), r.count(Refused))
	if r.Server != serverTFE {
		where += ", server " + r.Server
	}
	switch r.Status() {
	case NotYet:
		if len(r.Steps) == 0 {
			return "**not yet**: " + r.NotYet
		}
		return "**not yet**: " + r.NotYet + " (" + where + ")"
	case OneSided:
		return where + "; *one-sided*: " + r.OneSide
	case Proved:
	}
	return where
}
