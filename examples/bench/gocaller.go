package main

import (
	"context"

	"github.com/ipcgen/ipcgen/examples/bench/echo"
)

// goCaller returns what calls echo or place, which take Go's types as they are.
func goCaller(
	p payload,
	echo func(context.Context, echo.Message) (echo.Message, error),
	place func(context.Context, echo.Order) (echo.Order, error),
) caller {
	if p == nested {
		return orderCaller(place)
	}
	m := newMessage(p)
	return func(id int64) (int, error) {
		m.ID = id
		got, err := echo(context.Background(), m)
		if err == nil {
			err = sameMessage(&got, &m)
		}
		return 1, err
	}
}

func orderCaller(place func(context.Context, echo.Order) (echo.Order, error)) caller {
	o := newOrder()
	return func(id int64) (int, error) {
		o.ID = id
		got, err := place(context.Background(), o)
		if err == nil {
			err = sameOrder(&got, &o)
		}
		return 1, err
	}
}
