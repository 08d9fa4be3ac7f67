package main

import (
	"context"
	"os"
	"os/exec"
	"strconv"

	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/transport"

	"tour.example/weather"
)

// runStation connects to the hub at a URL, from a place with a temperature.
func runStation(ctx context.Context, args []string) error {
	temperature, err := strconv.ParseFloat(args[2], 64)
	if err != nil {
		return err
	}
	cl, err := newStation(ctx, args[0], args[1], station(temperature))
	if err != nil {
		return err
	}
	defer cl.Close()
	stay("ready")
	return nil
}

func newStation(ctx context.Context, url, place string, s station) (*ipc.Client, error) {
	opts := &ipc.ClientOptions{
		Identity: ipc.Identity{Group: "stations", Name: place},
		Secret:   secret,
	}
	if url == "stdio:" { // a hub of its own
		opts.Dial = transport.Command(exec.Command(os.Args[0], "hub", url))
	}
	cl := ipc.NewClient(url, opts)
	weather.RegisterStation(cl, s)
	return cl, cl.Connect(ctx)
}

// station is a weather.Station: the temperature there.
type station float64

func (s station) Measure(context.Context) (float64, error) { return float64(s), nil }
