package spicedb

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// register tells a registry how much an embedded engine holds; nil is told nothing.
func (e *Embedded) register(registry prometheus.Registerer) error {
	if registry == nil {
		return nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "terrawarden", Name: name, Help: help}, value)
	}
	gauges := []prometheus.Collector{
		gauge("decision_cache_entries", "Decisions and lists that are remembered.", func() float64 {
			entries, _ := e.memory.size()
			return float64(entries)
		}),
		gauge("decision_cache_bytes", "Memory that remembered decisions and lists take, roughly.", func() float64 {
			_, bytes := e.memory.size()
			return float64(bytes)
		}),
	}
	for _, g := range gauges {
		if err := registry.Register(g); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}
