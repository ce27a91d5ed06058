// Command terrawarden runs the authorization service and speaks to it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	code := exitError
	if quiet, ok := errors.AsType[statusError](err); ok {
		code = int(quiet)
	} else {
		fmt.Fprintln(os.Stderr, "terrawarden:", err)
	}
	os.Exit(code)
}
