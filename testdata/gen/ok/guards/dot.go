package guards

import (
	"context"
	. "math"
)

//ipc:service
type Dots interface {
	//ipc:allow Abs(x) < MaxInt8 && !IsNaN(x)
	//ipc:allow slices.Contains(digits, 7) || x > 0 // imported by the other file
	Near(ctx context.Context, x float64, digits []int) (bool, error)
}

func root(x float64) float64 { return Sqrt(x) }
