package admin

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/catalog"
	"github.com/terrawarden/terrawarden/internal/httpapi/auditlog"
	"github.com/terrawarden/terrawarden/internal/httpapi/endpoint"
)

// streamAudit sends events as they happen. The stream goes on behind the header Last-Event-ID or the parameter after;
// without either it begins at the parameter since, or now.
func (h *Handler) streamAudit(c echo.Context, q auditQuery) error {
	if q.after < 0 && !q.filter.Since.IsZero() {
		q.after = 0
	}
	return auditlog.Stream{
		Look: func(ctx context.Context, after int64) ([]catalog.AuditEvent, int64, error) {
			return h.Service.FollowAudit(ctx, endpoint.Principal(c), q.filter, after)
		},
		Show: func(ctx context.Context, events []catalog.AuditEvent) ([]any, error) {
			shown, err := h.showAudit(ctx, events)
			out := make([]any, len(shown))
			for i, e := range shown {
				out[i] = e
			}
			return out, err
		},
		Stopping: h.Stopping,
	}.Send(c, q.after)
}
