package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"tour.example/weather"
)

// acts are what a guest does, in this order.
var acts = []struct {
	name string
	do   func(context.Context, *weather.HubClient) (any, error)
}{
	{"call", call},
	{"typedError", typedError},
	{"futures", futures},
	{"stream", stream},
	{"callback", callback},
	{"survey", survey},
}

// runGuest connects to the hub at a URL, visits it, and reports on stdout.
func runGuest(ctx context.Context, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cl, err := newStation(ctx, args[0], "here", 21)
	if err != nil {
		return err
	}
	defer cl.Close()
	report := json.NewEncoder(os.Stdout)
	for _, act := range acts {
		start := time.Now()
		got, err := act.do(ctx, weather.NewHubClient(cl))
		took := time.Since(start)
		if err != nil {
			return fmt.Errorf("%s: %w", act.name, err)
		}
		report.Encode(map[string]any{"Act": act.name, "Took": took, "Got": fmt.Sprintf("%+v", got)})
	}
	return nil
}

// A call reads as if the hub were in this process.
func call(ctx context.Context, hub *weather.HubClient) (any, error) {
	return hub.Forecast(ctx, "oslo")
}

// An error that was declared is the same on this side.
func typedError(ctx context.Context, hub *weather.HubClient) (any, error) {
	_, err := hub.Forecast(ctx, "atlantis")
	if !errors.Is(err, weather.ErrNoPlace) {
		return nil, fmt.Errorf("another error: %v", err)
	}
	return err, nil
}

// Futures: two calls are under way at once.
func futures(ctx context.Context, hub *weather.HubClient) (any, error) {
	cairo, lima := hub.StartForecast(ctx, "cairo"), hub.StartForecast(ctx, "lima")
	a, err1 := cairo.Wait(ctx)
	b, err2 := lima.Wait(ctx)
	return []weather.Forecast{a, b}, errors.Join(err1, err2)
}

// A stream is ranged. This one has no end: break ends it, over there too.
func stream(ctx context.Context, hub *weather.HubClient) (any, error) {
	var seen []float64
	for t, err := range hub.Watch(ctx, "oslo") {
		if err != nil {
			return nil, err
		}
		if seen = append(seen, t); len(seen) == 5 {
			break
		}
	}
	return seen, nil
}

// The hub calls its client: the one that is just calling it.
func callback(ctx context.Context, hub *weather.HubClient) (any, error) {
	return hub.Ask(ctx, "here")
}

// The hub calls all its clients at once.
func survey(ctx context.Context, hub *weather.HubClient) (any, error) {
	return hub.Survey(ctx)
}
