package admin

import (
	"errors"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/terrawarden/terrawarden/internal/fault"
)

// params reads the query parameters of a request and collects what is wrong with them.
type params struct {
	c      echo.Context
	faults []error
}

func (p *params) refuse(name, message string) {
	p.faults = append(p.faults, fault.At(name, "%s", message))
}

// number returns a whole number that is not negative, or another value when there is none.
func (p *params) number(name string, otherwise int64) int64 {
	text := p.c.QueryParam(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		p.refuse(name, "must be a whole number")
		return otherwise
	}
	return n
}

// moment returns a point in time, the zero time when there is none.
func (p *params) moment(name string) time.Time {
	text := p.c.QueryParam(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		p.refuse(name, "must be a time as in 2026-01-31T12:00:00Z")
	}
	return at
}

// fault returns everything that is wrong, nil when nothing is.
func (p *params) fault() error { return errors.Join(p.faults...) }
