package syncview

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Style is how things are written. The zero value is plain text as of the year 1.
type Style struct {
	Color bool
	Now   time.Time
	All   bool // every change and every name, in place of the first
}

// page collects the lines of an answer.
type page struct {
	Style

	text strings.Builder
}

// write writes what write has put on a page, in one piece.
func (s Style) write(w io.Writer, write func(p *page)) error {
	p := &page{Style: s}
	write(p)
	_, err := io.WriteString(w, p.text.String())
	return err
}

// line adds a line.
func (p *page) line(format string, args ...any) {
	p.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	p.text.WriteByte('\n')
}

// The colours of a terminal.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// paint returns a text in a colour, as it is where there are none.
func (p *page) paint(color, text string) string {
	if !p.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// cell is a text with a colour, in a column.
type cell struct{ text, color string }

// columns adds rows in columns that are as wide as the widest text.
func (p *page) columns(indent string, rows [][]cell) {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, c := range row {
			text := c.text
			if c.color != "" {
				text = p.paint(c.color, text)
			}
			b.WriteString(text)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		p.line("%s%s", indent, b.String())
	}
}

// visible returns a text that came from a directory without what a terminal would obey, or what would show it in another
// order than it is written.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, text)
}

// count returns a number with its noun: 1 person, 2 people.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number returns a number as people read large ones: 12,000.
func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// ago returns how long before or after now a time is, in words.
func (p *page) ago(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	d := p.Now.Sub(at)
	switch {
	case d < 0:
		return "in " + span(-d)
	case d < time.Minute:
		return "just now"
	}
	return span(d) + " ago"
}

// span returns a duration in the unit that says most.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return count(int(d/time.Second), "second", "seconds")
	case d < 2*time.Hour:
		return count(int(d/time.Minute), "minute", "minutes")
	case d < 2*day:
		return count(int(d/time.Hour), "hour", "hours")
	}
	return count(int(d/day), "day", "days")
}
