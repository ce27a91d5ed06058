package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// page returns the document as HTML, and the hash that lets its style pass the policy it is sent with.
func (d *document) page() (html []byte, styleHash string, err error) {
	t, err := template.New("page").Funcs(template.FuncMap{"prose": prose, "pretty": pretty, "lower": strings.ToLower}).Parse(pageText)
	if err != nil {
		return nil, "", err
	}
	v, err := d.view()
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, v)
	sum := sha256.Sum256([]byte(pageStyle))
	return b.Bytes(), base64.StdEncoding.EncodeToString(sum[:]), err
}

// view is the document as the page shows it.
type view struct {
	Info struct {
		Title, Version, Summary, Description string
	}
	Style   template.CSS
	Bearer  string // how to authenticate
	Groups  []*group
	Schemas []namedSchema
}

// group is the operations of a tag.
type group struct {
	Name, Description string
	Operations        []operation
}

// Anchor is where the page has the group.
func (g *group) Anchor() string {
	return "tag-" + strings.ReplaceAll(strings.ToLower(g.Name), " ", "-")
}

// operation is what a method of a path does.
type operation struct {
	Method, Path string
	ID           string `yaml:"operationId"`
	Summary      string
	Description  string
	Tags         []string
	Needs        string `yaml:"x-terrawarden-needs"`
	Parameters   []parameter
	Body         *content          `yaml:"requestBody"`
	Responses    ordered[response] `yaml:"responses"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name, In    string
	Required    bool
	Description string
	Schema      *schema
	Example     yaml.Node
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Headers     ordered[header]
	Content     ordered[media]
}

type header struct {
	Ref         string `yaml:"$ref"`
	Description string
}

type content struct {
	Description string
	Content     ordered[media]
}

type media struct {
	Schema  *schema
	Example yaml.Node
}

type namedSchema struct {
	Name   string
	Schema *schema
}

// model is the document as it is read for the page.
type model struct {
	Info       yaml.Node
	Tags       []*group
	Paths      ordered[ordered[yaml.Node]]
	Components struct {
		SecuritySchemes map[string]struct{ Description string } `yaml:"securitySchemes"`
		Headers         ordered[header]
		Parameters      ordered[parameter]
		Responses       ordered[response]
		Schemas         ordered[*schema]
	}
}

// view reads the document for the page, references to what is shared replaced by it. Schemas stay references: the page
// has each once.
func (d *document) view() (*view, error) {
	var m model
	if err := d.root.Decode(&m); err != nil {
		return nil, err
	}
	v := &view{Style: template.CSS(pageStyle), Groups: m.Tags, Bearer: m.Components.SecuritySchemes["bearer"].Description} //nolint:gosec // our own file
	if err := m.Info.Decode(&v.Info); err != nil {
		return nil, err
	}
	for _, s := range m.Components.Schemas {
		v.Schemas = append(v.Schemas, namedSchema{s.Key, s.Value})
	}
	for _, path := range m.Paths {
		operations, err := m.operations(path.Key, path.Value)
		if err != nil {
			return nil, err
		}
		for _, o := range operations {
			v.file(o)
		}
	}
	return v, nil
}

// operations returns the operations of a path, each with the parameters they have in common.
func (m *model) operations(path string, item ordered[yaml.Node]) ([]operation, error) {
	var common []parameter
	if n, ok := item.Get("parameters"); ok {
		if err := n.Decode(&common); err != nil {
			return nil, err
		}
	}
	var out []operation
	for _, member := range item {
		if !slices.Contains(methods(), member.Key) {
			continue
		}
		o := operation{Method: strings.ToUpper(member.Key), Path: path}
		if err := member.Value.Decode(&o); err != nil {
			return nil, err
		}
		o.Parameters = append(slices.Clone(common), o.Parameters...)
		m.resolve(&o)
		out = append(out, o)
	}
	return out, nil
}

// resolve replaces references of an operation.
func (m *model) resolve(o *operation) {
	for i, p := range o.Parameters {
		o.Parameters[i] = resolved(m.Components.Parameters, p.Ref, p)
	}
	for i, r := range o.Responses {
		r.Value = resolved(m.Components.Responses, r.Value.Ref, r.Value)
		r.Value.Headers = slices.Clone(r.Value.Headers)
		for j, h := range r.Value.Headers {
			r.Value.Headers[j].Value = resolved(m.Components.Headers, h.Value.Ref, h.Value)
		}
		r.Value.Content = m.exemplified(r.Value.Content)
		o.Responses[i] = r
	}
	if o.Body != nil {
		o.Body.Content = m.exemplified(o.Body.Content)
	}
}

// exemplified returns contents that show their schema's example where they have none of their own.
func (m *model) exemplified(all ordered[media]) ordered[media] {
	out := slices.Clone(all)
	for i, c := range out {
		if c.Value.Schema == nil || !c.Value.Example.IsZero() {
			continue
		}
		if s, ok := m.Components.Schemas.Get(c.Value.Schema.Name()); ok {
			out[i].Value.Example = s.Example
		}
	}
	return out
}

// file puts an operation into the group of its tag.
func (v *view) file(o operation) {
	for _, g := range v.Groups {
		if slices.Contains(o.Tags, g.Name) {
			g.Operations = append(g.Operations, o)
		}
	}
}

// resolved returns what a reference names, what stands there itself where it is none.
func resolved[T any](shared ordered[T], ref string, own T) T {
	if found, ok := shared.Get(ref[strings.LastIndexByte(ref, '/')+1:]); ok && ref != "" {
		return found
	}
	return own
}

// segment is a piece of text: plain, code, or a link.
type segment struct {
	Text string
	Code bool
	Link string
}

var marks = regexp.MustCompile("`[^`]+`|\\[[^\\]]+\\]\\([^)]+\\)")

// prose returns the paragraphs of a description, each in pieces. Of Markdown it knows code and links.
func prose(s string) [][]segment {
	var out [][]segment
	for paragraph := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		var pieces []segment
		last := 0
		for _, at := range marks.FindAllStringIndex(paragraph, -1) {
			pieces = append(pieces, segment{Text: paragraph[last:at[0]]}, marked(paragraph[at[0]:at[1]]))
			last = at[1]
		}
		out = append(out, append(pieces, segment{Text: paragraph[last:]}))
	}
	return out
}

func marked(s string) segment {
	if code, ok := strings.CutPrefix(s, "`"); ok {
		return segment{Text: strings.TrimSuffix(code, "`"), Code: true}
	}
	name, link, _ := strings.Cut(s, "](")
	return segment{Text: strings.TrimPrefix(name, "["), Link: strings.TrimSuffix(link, ")")}
}

// pretty returns an example as people read it, "" where there is none.
func pretty(n yaml.Node) (string, error) {
	if n.IsZero() {
		return "", nil
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		return n.Value, nil
	}
	var raw, out bytes.Buffer
	if err := writeJSON(&raw, &n); err != nil {
		return "", err
	}
	err := json.Indent(&out, raw.Bytes(), "", "  ")
	return out.String(), err
}
