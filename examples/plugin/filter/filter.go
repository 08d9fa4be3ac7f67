// Package filter is what the host and the plugins of package plugin agree on.
package filter

import "context"

//go:generate go tool ipcgen

// Filter is what a plugin serves.
//
//ipc:service
type Filter interface {
	// Apply returns what text becomes.
	Apply(ctx context.Context, text string) (string, error)
}

// Host is what the host serves to its plugins.
//
//ipc:service
type Host interface {
	// Setting returns the host's setting of that name, which may be empty.
	//
	//ipc:route idempotent
	Setting(ctx context.Context, name string) (string, error)
}
