package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ipcgen/ipcgen/examples/plugin/filter"
	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// plugin serves the process that started this one, until that goes.
func plugin(ctx context.Context) error {
	fmt.Println("a print from before the plugin serves")
	srv := ipc.NewServer(nil)
	filter.RegisterFilter(srv, greeting{})
	return srv.ListenAndServe(ctx, "stdio:")
}

// greeting is a filter.Filter.
type greeting struct{}

func (greeting) Apply(ctx context.Context, text string) (string, error) {
	fmt.Println("a print from amid the protocol")
	r, _ := ipc.RequestFrom(ctx)
	host := filter.NewHostClient(r.Peer)
	name, err := host.Setting(ctx, "name")
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(text, "$NAME", name), nil
}
