package main

import (
	"context"
	"iter"

	"github.com/ipcgen/ipcgen/runtime/ipc"

	"tour.example/weather"
)

// runHub listens at the URLs. At stdio: it serves the process that started it.
func runHub(ctx context.Context, urls []string) error {
	srv := newHub()
	if urls[0] == "stdio:" {
		return srv.ListenAndServe(ctx, urls[0])
	}
	defer srv.Close()
	var ready []string
	for _, url := range urls {
		l, err := srv.Listen(ctx, url)
		if err != nil {
			return err
		}
		go srv.Serve(ctx, l)
		ready = append(ready, l.URL())
	}
	stay(ready...)
	return nil
}

func newHub() *ipc.Server {
	srv := ipc.NewServer(&ipc.ServerOptions{Secret: secret})
	weather.RegisterHub(srv, hub{srv})
	return srv
}

// hub is a weather.Hub.
type hub struct{ srv *ipc.Server }

var forecasts = map[string]weather.Forecast{
	"cairo": {Sky: "sun", Low: 18, High: 31},
	"lima":  {Sky: "fog", Low: 15, High: 19},
	"oslo":  {Sky: "rain", Low: 4, High: 9},
}

func (h hub) Forecast(_ context.Context, place string) (weather.Forecast, error) {
	f, ok := forecasts[place]
	if !ok {
		return f, weather.ErrNoPlace
	}
	return f, nil
}

func (h hub) Watch(_ context.Context, place string) iter.Seq2[float64, error] {
	return func(yield func(float64, error) bool) {
		for t := float64(forecasts[place].Low); yield(t, nil); t += 0.5 {
		}
	}
}

func (h hub) Ask(ctx context.Context, place string) (float64, error) {
	peer := h.srv.Peer(ipc.Identity{Group: "stations", Name: place})
	return weather.NewStationClient(peer).Measure(ctx)
}

func (h hub) Survey(ctx context.Context) (map[string]float64, error) {
	temperatures := map[string]float64{}
	for r := range weather.NewStationGroup(h.srv.Group("stations")).Measure(ctx) {
		if r.Err == nil {
			temperatures[r.From.Name] = r.Value
		}
	}
	return temperatures, nil
}
