// Package embed has a service made of other interfaces.
package embed

import (
	"context"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/embed/base"
)

// Machine is a [base.Starter], a [base.Stopper], and more.
//
//ipc:service
type Machine interface {
	base.Starter
	// Stopper is embedded twice, here and in resetter.
	base.Stopper
	resetter
	// Status tells how it is.
	Status(ctx context.Context) (base.Status, error)
}

type resetter interface {
	base.Stopper
	// Reset resets.
	Reset(ctx context.Context, hard bool) error
}
