package weather

import (
	"context"
	"errors"
	"iter"
)

// Hub knows the weather.
//
//ipc:service
type Hub interface {
	// Forecast tells of tomorrow. It may fail with ErrNoPlace.
	//
	//ipc:route timeout=2s idempotent
	Forecast(ctx context.Context, place string) (Forecast, error)

	// Watch streams the temperature, without end.
	Watch(ctx context.Context, place string) iter.Seq2[float64, error]

	// Ask has one station measure.
	Ask(ctx context.Context, place string) (float64, error)

	// Survey has all stations measure.
	Survey(ctx context.Context) (map[string]float64, error)
}

// Station measures. Stations connect to the hub, and the hub calls them.
//
//ipc:service
type Station interface {
	Measure(ctx context.Context) (float64, error)
}

type Forecast struct {
	Sky       string
	Low, High int
}

// ErrNoPlace is the same error on both sides.
//
//ipc:error no-place
var ErrNoPlace = errors.New("there is no such place")
