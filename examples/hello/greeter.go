package main

import (
	"context"
	"iter"
)

// greeter is a greet.Greeter as one would write it without a network.
type greeter struct{ forgotten chan string }

func (greeter) Hello(_ context.Context, name string) (string, error) {
	return "Hello, " + name + "!", nil
}

func (greeter) Countdown(_ context.Context, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := from; n > 0 && yield(n, nil); n-- {
		}
	}
}

func (g greeter) Forget(_ context.Context, name string) error {
	g.forgotten <- name
	return nil
}
