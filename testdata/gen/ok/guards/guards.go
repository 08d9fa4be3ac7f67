// Package guards has services and methods that not everybody may call.
package guards

import (
	"context"
	"iter"
	"slices"
	text "strings"

	"github.com/ipcgen/ipcgen/runtime/ipc"
)

// User is who is at the far side.
type User struct {
	Name  string
	Admin bool
}

var user ipc.Session[User]

// Login sets who the peer is.
func Login(p *ipc.Peer, u User) { user.Set(p, u) }

func isAdmin(p *ipc.Peer) bool { return user.Get(p).Admin }

// limit is a name that the generated file might like as well.
func limit(tags ...string) int { return len(text.Join(tags, "")) }

// Vault is for those who are known.
//
//ipc:service
//ipc:allow user.Get(peer).Name != ""
//ipc:limit 100/1m
type Vault interface {
	// Look is for everybody who is known.
	Look(ctx context.Context) (string, error)

	// Put is for admins, or for what is one's own.
	//
	//ipc:allow isAdmin(peer) || user.Get(peer).Name == owner
	//ipc:allow item != "" && !text.ContainsAny(item, "/\"") // no paths
	//ipc:limit 2/1h disconnect
	Put(ctx context.Context, owner, item string) error

	// List is for a few names, of which some are called as what is around them.
	//
	//ipc:allow !slices.ContainsFunc(tags, func(a string) bool { return limit(a, r) > 10 || User{Name: a} == (User{}) })
	List(ctx context.Context, r string, tags ...string) iter.Seq2[string, error]

	// Fill takes what its first argument promises.
	//
	//ipc:allow count > 0 && count <= map[bool]int{true: 100, false: 3}[isAdmin(peer)]
	Fill(ctx context.Context, count int, items iter.Seq2[string, error]) (int, error)

	//ipc:notify
	//ipc:allow id.Kind != ""
	Forget(ctx context.Context, id ID) error
}

// ID says what is to be forgotten.
type ID struct{ Kind, Name string }

// Lobby embeds the vault, whose guards stay with its methods.
//
//ipc:service
//ipc:limit 5/10s
type Lobby interface {
	Vault
	//ipc:route public
	Knock(ctx context.Context, peers int) error
	//ipc:allow !peer.Restricted()
	//ipc:route public
	Enter(ctx context.Context) error
	//ipc:allow true
	Pass(ctx context.Context) error
}

var _ = slices.Contains[[]string]
