// Package imports takes the types of its routes from many packages.
package imports

import (
	"context"
	. "iter"
	"net/http"
	"net/netip"
	"net/url"
	clock "time"

	east "github.com/ipcgen/ipcgen/testdata/gen/ok/imports/east/place"
	lake "github.com/ipcgen/ipcgen/testdata/gen/ok/imports/go-lake"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/imports/west/place"
)

// Imports uses two packages of one name, a dot import and renamed ones.
//
//ipc:service
type Imports interface {
	Travel(ctx context.Context, from east.Place, to place.Place) (east.Kind, error)
	Climb(ctx context.Context, level place.Level, kind east.Kind) (lake.Depth, error)
	Map(ctx context.Context, grid east.Grid, hidden east.Hidden) ([]place.Level, error)
	Wait(ctx context.Context, for_ clock.Duration) (clock.Time, error)
	Walk(ctx context.Context, steps Seq2[place.Place, error]) Seq2[clock.Month, error]
	Fetch(ctx context.Context, from netip.AddrPort, header http.Header) (values url.Values, err error)
	Tell(ctx context.Context, secret east.Secret, secrets []east.Secret) error
}
