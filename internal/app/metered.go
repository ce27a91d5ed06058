package app

import (
	"context"
	"time"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/telemetry"
	"github.com/terrawarden/terrawarden/schema"
)

// metered is an engine whose calls are counted and timed.
type metered struct {
	authz.Engine
	metrics *telemetry.Metrics
}

func (m metered) Check(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Decision, error) {
	start := time.Now()
	d, err := m.Engine.Check(ctx, q, c)
	took := time.Since(start)
	m.metrics.Check(took)
	m.metrics.EngineCall("check", took, err)
	return d, err
}

func (m metered) CheckAll(ctx context.Context, qs []authz.Question, c authz.Consistency) ([]bool, authz.Token, error) {
	start := time.Now()
	allowed, token, err := m.Engine.CheckAll(ctx, qs, c)
	m.metrics.EngineCall("check_all", time.Since(start), err)
	return allowed, token, err
}

func (m metered) Write(ctx context.Context, w authz.Write) (authz.Token, error) {
	start := time.Now()
	token, err := m.Engine.Write(ctx, w)
	m.metrics.EngineCall("write", time.Since(start), err)
	return token, err
}

func (m metered) Explain(ctx context.Context, q authz.Question, c authz.Consistency) (authz.Explanation, error) {
	start := time.Now()
	x, err := m.Engine.Explain(ctx, q, c)
	m.metrics.EngineCall("explain", time.Since(start), err)
	return x, err
}

func (m metered) Subjects(ctx context.Context, resource authz.Object, permission, subjectType string, c authz.Consistency) ([]string, authz.Token, error) {
	start := time.Now()
	ids, token, err := m.Engine.Subjects(ctx, resource, permission, subjectType, c)
	m.metrics.EngineCall("subjects", time.Since(start), err)
	return ids, token, err
}

func (m metered) Resources(ctx context.Context, subject authz.Object, permission, resourceType string, c authz.Consistency) ([]string, authz.Token, error) {
	start := time.Now()
	ids, token, err := m.Engine.Resources(ctx, subject, permission, resourceType, c)
	m.metrics.EngineCall("resources", time.Since(start), err)
	return ids, token, err
}

func (m metered) Extent(ctx context.Context, subject authz.Object, permission schema.Permission, resourceType string, c authz.Consistency) (authz.Extent, authz.Token, error) {
	start := time.Now()
	extent, token, err := m.Engine.Extent(ctx, subject, permission, resourceType, c)
	m.metrics.EngineCall("extent", time.Since(start), err)
	return extent, token, err
}
