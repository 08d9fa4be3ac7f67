// Package metadata tells what peers may tell, in every kind of field, and needs
// no service for it.
package metadata

import (
	"time"

	q "github.com/ipcgen/ipcgen/runtime/query"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/metadata/zone"
)

// Region is a type of the package's own.
type Region string

// Tags is a list with a name.
type Tags []string

// Load is an alias.
type Load = float64

// Bot is what bots tell.
//
//ipc:metadata
type Bot struct {
	Load    Load   `json:"load"`
	Region  Region `json:"region"`
	Zone    zone.Zone
	Version q.Version `json:"version"`
	Tags    Tags      `json:"tags"`
	Guilds  []int64
	Peers   []zone.Zone
	Known   []q.Version
	Ready   bool `cbor:"ready" json:"is_ready"`
	Uptime  time.Duration
	Limit   *uint16    `json:"limit"`
	Next    *q.Version `json:"next.version"`
	secret  string
	Skipped chan int `json:"-"`
}

type (
	base struct{ Number int }

	// worker is not exported, and declared by the name of another.
	//
	//ipc:metadata
	worker base
)

// Metadata is the package's own: what is generated takes no method.
func (b Bot) Metadata() string { return b.secret }

// The generated file gives way to these.

func v() {}
func m() {}

var query = []any{v, m}

// Taken returns the names that the generated file could not have.
func Taken() []any { return query }
