package roundtrip_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
	"github.com/ipcgen/ipcgen/runtime/wire"
	"github.com/ipcgen/ipcgen/testdata/gen/ok/guards"
)

// vault counts what is let through to it.
type vault struct{ runs int }

func (v *vault) Look(context.Context) (string, error)      { v.runs++; return "dust", nil }
func (v *vault) Put(context.Context, string, string) error { v.runs++; return nil }
func (v *vault) Forget(context.Context, guards.ID) error   { v.runs++; return nil }
func (v *vault) Knock(context.Context, int) error          { v.runs++; return nil }
func (v *vault) Enter(context.Context) error               { v.runs++; return nil }
func (v *vault) Pass(context.Context) error                { v.runs++; return nil }
func (v *vault) List(context.Context, string, ...string) iter.Seq2[string, error] {
	v.runs++
	return sequence("gold")
}

func (v *vault) Fill(_ context.Context, count int, _ iter.Seq2[string, error]) (int, error) {
	v.runs++
	return count, nil
}

// known are the users of the scenes, by the names of their clients.
var known = map[string]guards.User{"ada": {Name: "ada", Admin: true}, "bob": {Name: "bob"}}

// guarded plays a scene in each dialect, in virtual time. connect returns a
// client of that name.
func guarded(t *testing.T, act func(t *testing.T, v *vault, connect func(name string, secret string) *ipc.Client)) {
	t.Helper()
	for name, dialect := range map[string]wire.Dialect{"cbor": wire.CBORv1, "json": wire.JSONv1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
				srv := ipc.NewServer(&ipc.ServerOptions{
					Secret: []byte("correct horse battery"), Restricted: true, Logger: quiet,
					OnJoin: func(_ context.Context, p *ipc.Peer) error {
						guards.Login(p, known[p.Identity().Name])
						return nil
					},
				})
				v := new(vault)
				guards.RegisterVault(srv, v)
				guards.RegisterLobby(srv, v)
				url := ipctest.Serve(t, srv)
				act(t, v, func(name, secret string) *ipc.Client {
					cl := ipc.NewClient(url, &ipc.ClientOptions{
						Identity: ipc.Identity{Group: "users", Name: name}, Secret: []byte(secret), Dialect: dialect, Logger: quiet,
					})
					ipctest.Connect(t, cl)
					return cl
				})
			})
		})
	}
}

// refused makes sure that a request failed as it should, and did not run.
func refused(t *testing.T, step string, err error, why code.Code) {
	t.Helper()
	if !errors.Is(err, why) || !errors.Is(err, ipc.ErrNotSent) {
		t.Errorf("%s: %v, want %v", step, err, why)
	}
}

const secret = "correct horse battery"

// W1, W3: conditions are Go, over the peer and the parameters.
func TestConditionsOfMethods(t *testing.T) {
	guarded(t, func(t *testing.T, v *vault, connect func(name, secret string) *ipc.Client) {
		ada, bob, eve := guards.NewVaultClient(connect("ada", secret)), guards.NewVaultClient(connect("bob", secret)), guards.NewVaultClient(connect("eve", secret))
		ctx := t.Context()

		_, err := eve.Look(ctx)
		refused(t, "who is not known", err, code.Denied)
		refused(t, "what belongs to another", bob.Put(ctx, "ada", "ring"), code.Denied)
		refused(t, "a path", ada.Put(ctx, "ada", "a/b"), code.Denied)
		for _, err := range ada.List(ctx, "r", "far too long") {
			refused(t, "too many", err, code.Denied)
		}
		for _, err := range ada.List(ctx, "r", "") {
			refused(t, "nobody", err, code.Denied)
		}
		_, err = bob.Fill(ctx, 4, sequence("a"))
		refused(t, "too much", err, code.Denied)
		same(t, "nobody hears of it", bob.Forget(ctx, guards.ID{Name: "x"}), nil)
		synctest.Wait()
		same(t, "handlers that ran", v.runs, 0)

		_, err = bob.Look(ctx)
		same(t, "who is known", err, nil)
		same(t, "one's own", bob.Put(ctx, "bob", "ring"), nil)
		same(t, "an admin", ada.Put(ctx, "bob", "ring"), nil)
		for item, err := range ada.List(ctx, "r", "a", "few") {
			same(t, item, err, nil)
		}
		n, err := ada.Fill(ctx, 4, sequence("a"))
		same(t, "as much as that", err, nil)
		same(t, "as much as that", n, 4)
		same(t, "a good id", bob.Forget(ctx, guards.ID{Kind: "k"}), nil)
		synctest.Wait()
		same(t, "handlers that ran", v.runs, 6)
	})
}

// The limit of a method, of its service, and of the service that it is
// embedded in: the first bucket that is empty refuses.
func TestLimitsOfMethods(t *testing.T) {
	guarded(t, func(t *testing.T, v *vault, connect func(name, secret string) *ipc.Client) {
		cl := connect("ada", secret)
		v1, lobby, ctx := guards.NewVaultClient(cl), guards.NewLobbyClient(cl), t.Context()
		for range 5 {
			_, err := lobby.Look(ctx)
			same(t, "five through the lobby", err, nil)
		}
		_, err := lobby.Look(ctx)
		refused(t, "a sixth", err, code.RateLimited)
		var e *ipc.Error
		if !errors.As(err, &e) || e.RetryAfter != 2*time.Second {
			t.Errorf("wait %v", err)
		}
		for range 95 {
			_, err := v1.Look(ctx)
			same(t, "the rest of the hundred", err, nil)
		}
		_, err = v1.Look(ctx)
		refused(t, "more than the vault allows", err, code.RateLimited)
		time.Sleep(time.Minute)

		same(t, "one", v1.Put(ctx, "ada", "ring"), nil)
		same(t, "two", v1.Put(ctx, "ada", "ring"), nil)
		refused(t, "three", v1.Put(ctx, "ada", "ring"), code.RateLimited)
		synctest.Wait()
		if cl.State() == ipc.Ready {
			t.Error("who exceeds the limit of Put stays")
		}
		time.Sleep(time.Minute)
		_, err = v1.Look(ctx)
		same(t, "after it came back", err, nil)
		refused(t, "and is not let put more", v1.Put(ctx, "ada", "ring"), code.RateLimited)
	})
}

// Who has no credentials reaches what is public, and there the conditions.
func TestPublicMethods(t *testing.T) {
	guarded(t, func(t *testing.T, v *vault, connect func(name, secret string) *ipc.Client) {
		lobby, ctx := guards.NewLobbyClient(connect("ada", "")), t.Context()
		same(t, "a public route", lobby.Knock(ctx, 3), nil)
		refused(t, "a public route with a condition", lobby.Enter(ctx), code.Denied)
		refused(t, "a route that is not public", lobby.Pass(ctx), code.Denied)
		same(t, "handlers that ran", v.runs, 1)
		in := guards.NewLobbyClient(connect("bob", secret))
		same(t, "with credentials", in.Enter(ctx), nil)
		same(t, "with credentials", in.Pass(ctx), nil)
	})
}
