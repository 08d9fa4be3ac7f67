// Package containers has maps, arrays, slices and pointers in each other.
package containers

import (
	"context"
	"net/netip"
	"time"
)

// Containers moves containers.
//
//ipc:service
type Containers interface {
	Slices(ctx context.Context, flat []int, deep [][]string, blobs [][]byte, times []time.Time) ([][]string, error)
	Arrays(ctx context.Context, flat [3]int, deep [2][2]string, none [0]int, hash [32]byte) ([3]int, error)
	Maps(ctx context.Context, byText map[string]int, byInt map[int16]string, byUint map[uint64][]bool, deep map[string]map[string]float64) (map[int]string, error)
	Keys(ctx context.Context, byAddress map[netip.Addr]int, deep map[string]map[netip.Addr][]string) (map[netip.Addr]bool, error)
	Pointers(ctx context.Context, text *string, twice **int, list *[]int, table *map[string]int, array *[2]int, when *time.Time) (*bool, error)
	Mixed(ctx context.Context, all Mixed) (Mixed, error)
	Bytes(ctx context.Context, raw []byte, deep map[string][]byte, pointer *[]byte) ([]byte, error)
}

// Mixed has fields of every kind.
type Mixed struct {
	Slices   []*[]*string
	Arrays   [2][]int
	Maps     map[string][2]*int
	Pointers *map[string]*[]byte
	Deep     []map[string][]map[int][2]string
}
