package catalog

import (
	"context"
	"errors"

	"github.com/terrawarden/terrawarden/internal/authz"
	"github.com/terrawarden/terrawarden/internal/fault"
	"github.com/terrawarden/terrawarden/schema"
)

// directoryOf returns the directory of a name as audit events are about it; nil for none. A token of the service account
// of a SCIM connection's name speaks for the connection.
func (c *Change) directoryOf(ctx context.Context, name string) ([]authz.Object, error) {
	_, err := c.Directory(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []authz.Object{directoryRef(name)}, err
}

// directoryHands says whether somebody may let another service account speak for a directory.
type directoryHands bool

// handsDirectories reports whether a principal may: platform.administer. Names of service accounts are for whoever manages
// people, and who is in a directory is not.
func (s *Service) handsDirectories(ctx context.Context, p Principal) (directoryHands, error) {
	err := s.require(ctx, p, schema.PlatformAdminister, platformRef())
	return err == nil, unlessDenied(err)
}

// over refuses whoever may not to give an account the name of a directory, and to take from one the name of its own.
func (h directoryHands) over(ctx context.Context, c *Change, before, after string) error {
	if bool(h) || before == after {
		return nil
	}
	left, err := c.Directory(ctx, before)
	if err == nil && left.Kind == KindSCIM {
		return handsRefused(before, "%s is the name of a SCIM connection: only %s lets an account give it up")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = c.Directory(ctx, after)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	return handsRefused(after, "%s is the name of a directory: only %s lets an account have it")
}

func handsRefused(name, why string) error {
	return &refusalError{error: fault.New(fault.Denied, why, name, schema.PlatformAdminister), permission: schema.PlatformAdminister, on: directoryRef(name)}
}

// refusedHands returns err, recorded where a change was refused from inside; in Together that is Together's to do.
func (s *Service) refusedHands(ctx context.Context, p Principal, err error) error {
	known, ok := errors.AsType[*refusalError](err)
	if !ok || s.within != nil {
		return err
	}
	return s.refused(ctx, p, known.permission, known.on, err)
}
