package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Ours is the system that the others are compared with.
const (
	Ours     = "terrawarden"
	Constant = "constant"
)

// Text writes a run as aligned tables.
func (r *Run) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	var b strings.Builder
	b.WriteString("TARGETS\nWHAT\tAT\tTARGET\tMEASURED\tVERDICT\n")
	for _, t := range r.Targets {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", t.What, t.At, t.Target, t.Measured, t.Verdict)
	}
	b.WriteString("\nRATIOS (ours to theirs; above 1 we answer more in the same time)\nESTATE\tQUESTIONS\tCLIENTS\tSYSTEM\tRATIO\tRANGE\tANSWERS/S\tP50\tP99\tCPU/ANSWER\n")
	for _, row := range r.Ratios() {
		fmt.Fprintln(&b, strings.Join(row.cells(), "\t"))
	}
	b.WriteString("\nAGREEMENT\nESTATE\tSYSTEM\tASKED\tALLOWED BY US\tDIFFERENT\n")
	for _, a := range r.Agreements {
		fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%d\n", a.Estate, a.System, a.Asked, a.Allowed, a.Different)
	}
	b.WriteString("\nSIZES\nESTATE\tRELATIONSHIPS\tORGANIZATIONS\tWORKSPACES\tPEOPLE\tSTART\tMEMORY\n")
	for _, s := range r.Sizes {
		fmt.Fprintf(&b, "%s\t%d\t%d\t%d\t%d\t%s\t%s\n", s.Estate, s.Relationships, s.Organizations, s.Workspaces, s.People, Short(s.Start), MiB(s.Resident))
	}
	b.WriteString("\nDETAILS\nTOPIC\tWHAT\tAT\tVALUE\n")
	for _, d := range r.Details {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", d.Topic, d.What, d.At, d.Value)
	}
	if len(r.LeftOut) > 0 {
		b.WriteString("\n")
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(&b, "left out: %s\n", l)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return w.Flush()
}

// RatioRow is one line of the table of ratios.
type RatioRow struct {
	Estate, Mode           string
	Clients                int
	System                 string
	Ratio                  Ratio
	P99                    Ratio // theirs to ours, so that above 1 is good for us here too
	Rate                   float64
	Slowest, Middle, Costs time.Duration
	Verdict                string
}

func (r RatioRow) cells() []string {
	return []string{
		r.Estate, r.Mode, strconv.Itoa(r.Clients), r.System, r.RatioText(), r.RangeText(), fmt.Sprintf("%.0f", r.Rate),
		Short(r.Middle), Short(r.Slowest), Short(r.Costs),
	}
}

// RatioText returns the ratio, "-" for ourselves.
func (r RatioRow) RatioText() string {
	if r.System == Ours {
		return "-"
	}
	return fmt.Sprintf("%.2f", r.Ratio.Median)
}

// RangeText returns the range of the ratio over the rounds.
func (r RatioRow) RangeText() string {
	if r.System == Ours {
		return "-"
	}
	return fmt.Sprintf("%.2f to %.2f", r.Ratio.Low, r.Ratio.High)
}

// Outcome says in a word who won.
func (r RatioRow) Outcome() string {
	switch {
	case r.System == Ours:
		return ""
	case r.System == Constant:
		return "ceiling"
	case r.Ratio.Median >= 1:
		return "faster"
	}
	return "**SLOWER**"
}

// Ratios returns the lines of the table of ratios, in the order of the comparisons.
func (r *Run) Ratios() []RatioRow {
	var out []RatioRow
	for _, c := range r.Comparisons {
		for _, s := range c.Systems {
			row := RatioRow{Estate: c.Estate, Mode: c.Mode, Clients: c.Clients, System: s.System, Rate: s.Rate, Slowest: s.P99, Middle: s.P50, Costs: s.CPU}
			row.Ratio, _ = c.RateRatio(Ours, s.System)
			row.P99, _ = c.P99Ratio(s.System, Ours)
			out = append(out, row)
		}
	}
	return out
}

// Short returns a duration with three digits.
func Short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%.0f ms", ms(d))
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", ms(d))
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", ms(d))
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// MiB returns a number of bytes in mebibytes.
func MiB(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
