// Package nested has structs in structs, recursive ones and ones without a name.
package nested

import (
	"context"
	"iter"
	"time"
)

// Nested moves structs.
//
//ipc:service
type Nested interface {
	Order(ctx context.Context, order Order) (*Receipt, error)
	Tree(ctx context.Context, root *Node) (Node, error)
	Mutual(ctx context.Context, ping Ping) (map[string]Pong, error)
	Anonymous(ctx context.Context, options struct {
		Limit int
		Sort  struct {
			By         string `json:"by"`
			Descending bool
		} `json:"sort"`
	}) ([]struct{ Key, Value string }, error)
	Empty(ctx context.Context, nothing Nothing, blank struct{}) (Nothing, error)
	Orders(ctx context.Context, in iter.Seq2[Order, error]) iter.Seq2[*Order, error]
}

// Order holds structs by value, by pointer, in slices, maps and arrays.
type Order struct {
	ID       uint64
	Customer Customer
	Lines    []Line
	Gift     *Line
	Prices   map[string]Money
	Slots    [2]Slot
	History  [][]Line
	Notes    map[string][]*Line
	Options  struct {
		Express bool
		Until   time.Time
	}
}

// Customer is a struct.
type Customer struct {
	Name  string
	Since time.Time
}

// Line is a struct.
type Line struct {
	Item  string
	Count int
	Price Money
}

// Money is a struct made of another.
type Money Amount

// Amount is a struct.
type Amount struct {
	Units    int64
	Currency string
}

// Slot is a struct.
type Slot struct{ From, To time.Duration }

// Receipt is a struct.
type Receipt struct {
	Order *Order
	At    *time.Time
}

// Node contains itself.
type Node struct {
	Value    int
	Left     *Node
	Children []Node
	Named    map[string]*Node
}

// Ping contains a Pong.
type Ping struct{ Pong *Pong }

// Pong contains pings.
type Pong struct{ Pings []Ping }

// Nothing has no fields.
type Nothing struct{}
