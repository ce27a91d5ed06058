package spicedb

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// translate turns an error of a call into a fault. An error without a reason is looked into: SpiceDB calls a lost
// database an internal error, to our callers it is an outage.
func (e *Engine) translate(ctx context.Context, operation string, err error) error {
	out := translate(operation, err)
	if out == nil || e.store == nil || fault.KindOf(out) != fault.Internal {
		return out
	}
	if _, down := e.store.head(ctx); down != nil {
		return translate(operation, down)
	}
	return out
}

// translate is the only place that reads gRPC statuses, and it goes by their codes and reasons, never by their text.
func translate(operation string, err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return fmt.Errorf("%s: %w", operation, err)
	}
	st, ok := status.FromError(err)
	if !ok {
		st = status.FromContextError(err)
	}
	kind, message := classify(st)
	return fmt.Errorf("%s: %w", operation, fault.Wrap(kind, err, "%s", message))
}

// classify maps a status to a kind and a public message.
func classify(st *status.Status) (fault.Kind, string) {
	switch st.Code() {
	case codes.InvalidArgument, codes.FailedPrecondition:
		return classifyRefusal(st)
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable, codes.Aborted:
		return fault.Unavailable, "the authorization engine does not answer"
	case codes.OutOfRange: // a revision that was collected in the meantime, or that is not there yet
		return fault.Unavailable, "the authorization engine does not have the state asked for"
	case codes.ResourceExhausted:
		if reason(st) == v1.ErrorReason_ERROR_REASON_MAXIMUM_DEPTH_EXCEEDED {
			return fault.Limited, "the relationships nest too deeply"
		}
		return fault.Unavailable, "the authorization engine is overloaded"
	case codes.Unauthenticated, codes.PermissionDenied: // our token, never the caller's
		return fault.Unavailable, "the authorization engine refuses this service"
	case codes.NotFound:
		return fault.Unavailable, "the authorization schema is not deployed"
	case codes.AlreadyExists:
		return fault.Conflict, "the relationship exists already"
	case codes.OK, codes.Unknown, codes.Internal, codes.Unimplemented, codes.DataLoss:
	}
	return fault.Internal, "the authorization engine failed"
}

// classifyRefusal tells the refusals apart that share the two codes SpiceDB uses for them.
func classifyRefusal(st *status.Status) (fault.Kind, string) {
	switch reason(st) {
	case v1.ErrorReason_ERROR_REASON_WRITE_OR_DELETE_PRECONDITION_FAILURE:
		return fault.Stale, "the relationships have changed in the meantime"
	case v1.ErrorReason_ERROR_REASON_UNKNOWN_DEFINITION:
		return fault.Invalid, "there is no such object type"
	case v1.ErrorReason_ERROR_REASON_UNKNOWN_RELATION_OR_PERMISSION:
		return fault.Invalid, "the object type has no such permission"
	case v1.ErrorReason_ERROR_REASON_SCHEMA_PARSE_ERROR:
		return fault.Invalid, "the schema cannot be parsed"
	case v1.ErrorReason_ERROR_REASON_SERIALIZATION_FAILURE, v1.ErrorReason_ERROR_REASON_INMEMORY_TOO_MANY_CONCURRENT_UPDATES:
		return fault.Unavailable, "the authorization engine is overloaded"
	case v1.ErrorReason_ERROR_REASON_TOO_MANY_UPDATES_IN_REQUEST, v1.ErrorReason_ERROR_REASON_TOO_MANY_PRECONDITIONS_IN_REQUEST,
		v1.ErrorReason_ERROR_REASON_TOO_MANY_CHECKS_IN_REQUEST, v1.ErrorReason_ERROR_REASON_TRANSACTION_METADATA_TOO_LARGE:
		return fault.Limited, "the request is larger than the authorization engine takes"
	case v1.ErrorReason_ERROR_REASON_DATASTORE_NOT_MIGRATED:
		return fault.Unavailable, notMigrated
	}
	if st.Code() == codes.FailedPrecondition && reason(st) == v1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		// A state of the server that no request of ours is to blame for, such as a schema changed under a write.
		return fault.Unavailable, "the authorization engine cannot do this right now"
	}
	return fault.Invalid, "the authorization engine refuses the request as malformed"
}

// reason returns the reason SpiceDB attached to a status.
func reason(st *status.Status) v1.ErrorReason {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return v1.ErrorReason(v1.ErrorReason_value[info.GetReason()])
		}
	}
	return v1.ErrorReason_ERROR_REASON_UNSPECIFIED
}

// hasReason reports whether an error is a status with the given reason.
func hasReason(err error, want v1.ErrorReason) bool {
	st, ok := status.FromError(err)
	return ok && reason(st) == want
}
