// Command bench measures the real binary at each size: how long it takes to start, how much memory it holds, and how
// long checks take over HTTP, for one client and for sixteen. `make bench` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"
)

func main() {
	checks := flag.Int("checks", 4000, "checks of each measurement")
	seed := flag.Uint64("seed", 1, "seed of the questions")
	data := flag.String("data", "", "Peribolos directory to load; empty: a generated estate")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *data, *seed, *checks)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// row is what is measured at one size.
type row struct {
	size                 string
	start, restart, load time.Duration
	memory               int64 // bytes resident after the measurement
	cold, warm, sixteen  latencies
}

func run(ctx context.Context, data string, seed uint64, checks int) error {
	estate, err := readEstate(ctx, data)
	if err != nil {
		return err
	}
	var rows []row
	for _, size := range []string{"embedded", "postgres", "spicedb"} {
		env, stop, err := prepare(ctx, size)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", size, err)
			continue
		}
		r, err := measure(ctx, size, env, estate, seed, checks)
		stop()
		if err != nil {
			return fmt.Errorf("%s: %w", size, err)
		}
		rows = append(rows, r)
	}
	return report(rows)
}

func report(rows []row) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	lines := "SIZE\tSTART EMPTY\tIMPORT\tSTART LOADED\tMEMORY\tASKED FIRST p50/p99\tREPEATED p50/p99\t16 CLIENTS p50/p99\tCHECKS/S\n"
	for _, r := range rows {
		lines += fmt.Sprintf("%s\t%s\t%s\t%s\t%d MiB\t%s\t%s\t%s\t%.0f\n", r.size, short(r.start), short(r.load), short(r.restart),
			r.memory>>20, r.cold, r.warm, r.sixteen, r.sixteen.perSecond)
	}
	if _, err := fmt.Fprint(w, lines); err != nil {
		return err
	}
	return w.Flush()
}

func short(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }
