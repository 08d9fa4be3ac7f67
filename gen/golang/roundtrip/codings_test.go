// Package roundtrip_test runs what is generated for the packages below
// testdata/gen/ok: their codings against reflection, and clients against
// handlers over a connection in memory. It stands apart from the package it
// tests since a golden file that does not compile would keep that from being
// tested at all.
package roundtrip_test

import (
	"testing"

	"github.com/ipcgen/ipcgen/testdata/gen/ok/containers"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/embed"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/failures"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/fallback"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/generic"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/guards"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/hello"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/imports"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/named"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/names"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/nested"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/results"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/rooms"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/scalars"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/scope"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/settings"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/several"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/shapes"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/tags"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/unexported"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/variadic"
)

// TestCodings checks every coding of every golden package: see package probe.
func TestCodings(t *testing.T) {
	for name, probe := range map[string]func(*testing.T){
		"containers": containers.Probe,
		"embed":      embed.Probe,
		"failures":   failures.Probe,
		"fallback":   fallback.Probe,
		"generic":    generic.Probe,
		"guards":     guards.Probe,
		"hello":      hello.Probe,
		"imports":    imports.Probe,
		"named":      named.Probe,
		"names":      names.Probe,
		"nested":     nested.Probe,
		"results":    results.Probe,
		"rooms":      rooms.Probe,
		"scalars":    scalars.Probe,
		"scope":      scope.Probe,
		"settings":   settings.Probe,
		"several":    several.Probe,
		"shapes":     shapes.Probe,
		"tags":       tags.Probe,
		"unexported": unexported.Probe,
		"variadic":   variadic.Probe,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probe(t)
		})
	}
}
