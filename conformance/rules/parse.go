package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Read returns the documents of a folder, in the order of the names.
func Read(folder fs.FS, names ...string) ([]Document, error) {
	out := make([]Document, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		d, err := Parse(name, string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Parse reads the rules of a document. Every fault is reported.
func Parse(file, text string) (Document, error) {
	p := parser{document: Document{File: file}}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(i+1, line); err != nil {
			p.faults = append(p.faults, fmt.Errorf("%s: %w", file, err))
		}
	}
	p.end()
	d := p.document
	for i, r := range d.Rules {
		if want := fmt.Sprintf("%s-%03d", d.Prefix, i+1); r.ID != want {
			p.faults = append(p.faults, fmt.Errorf("%s: %s stands where %s is due", file, r.ID, want))
		}
		if err := r.check(); err != nil {
			p.faults = append(p.faults, fmt.Errorf("%s: %w", file, err))
		}
	}
	return d, errors.Join(p.faults...)
}

// parser reads a file line by line.
type parser struct {
	document Document
	rule     *Rule
	section  Section
	faults   []error
}

func (p *parser) line(number int, line string) error {
	text := strings.TrimSpace(line)
	switch {
	case text == "" || strings.HasPrefix(text, "#"):
		return nil
	case strings.HasPrefix(line, "== "):
		p.end()
		p.rule, p.section = &Rule{ID: text[3:], Server: serverTFE}, ""
		return nil
	case strings.HasPrefix(line, "  "):
		return p.step(number, text)
	}
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("line %d: not a field: %s", number, text)
	}
	return p.field(number, name, strings.TrimSpace(value))
}

// end keeps the rule that was read.
func (p *parser) end() {
	if p.rule != nil {
		p.document.Rules = append(p.document.Rules, *p.rule)
	}
	p.rule = nil
}

func (p *parser) field(number int, name, value string) error {
	fields := map[string]*string{"prefix": &p.document.Prefix, "title": &p.document.Title, "about": &p.document.About}
	if p.rule != nil {
		r := p.rule
		fields = map[string]*string{
			"part": &r.Part, "says": &r.Says, "here": &r.Here, "server": &r.Server, "one-sided": &r.OneSide, "not-yet": &r.NotYet,
		}
		if s := Section(name); s == Setup || s == Allowed || s == Refused {
			p.section = s
			return nil
		}
	}
	field, known := fields[name]
	if !known {
		return fmt.Errorf("line %d: there is no field %s", number, name)
	}
	*field = value
	return nil
}

func (p *parser) step(number int, text string) error {
	if p.rule == nil || p.section == "" {
		return fmt.Errorf("line %d: a step outside setup, allowed and refused", number)
	}
	lines, people, err := expand(text)
	if err != nil {
		return fmt.Errorf("line %d: %w", number, err)
	}
	p.rule.People = append(p.rule.People, people...)
	for _, line := range lines {
		s, err := parseStep(p.section, number, line)
		if err != nil {
			return err
		}
		p.rule.Steps = append(p.rule.Steps, s)
	}
	return nil
}
