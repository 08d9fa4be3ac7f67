// Package base has interfaces that others embed.
package base

import "context"

// Starter starts.
type Starter interface {
	// Start starts.
	Start(ctx context.Context, options Options) (Status, error)
}

// Stopper stops.
type Stopper interface {
	Stop(ctx context.Context) error
}

// Options are a struct of another package.
type Options struct{ Fast bool }

// Status is a name for a basic type.
type Status int
