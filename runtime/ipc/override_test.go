package ipc_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipcgen/ipcgen/runtime/code"
	"github.com/ipcgen/ipcgen/runtime/ipc"
	"github.com/ipcgen/ipcgen/runtime/ipctest"
)

// Z5: with the override key a client takes its identity from who has it, at once
// and for good. The key is a second secret: without it, and where the server has
// none, the holder stays.
func TestOverride(t *testing.T) {
	key := []byte("the second secret")
	for name, secret := range map[string][]byte{"hmac": []byte("the first secret"), "none": nil} {
		for _, d := range bothDialects {
			t.Run(name+" "+d.Name(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					url := ipctest.Serve(t, testServer(ipc.ServerOptions{Secret: secret, Override: key}))
					other := ipctest.Serve(t, testServer(ipc.ServerOptions{Secret: secret}))
					client := func(url string, key []byte) *ipc.Client {
						cl := ipc.NewClient(url, &ipc.ClientOptions{
							Identity: ipc.Identity{Group: "bots", Name: "one"}, Secret: secret, Override: key, Dialect: d, Logger: quiet,
						})
						t.Cleanup(func() { cl.Close() })
						return cl
					}
					for _, at := range []string{url, other} {
						holder := client(at, nil)
						ipctest.Connect(t, holder)
						for _, wrong := range [][]byte{nil, []byte("the first secret"), key} {
							if at == url && string(wrong) == string(key) {
								continue
							}
							if err := client(at, wrong).Connect(t.Context()); !errors.Is(err, code.Duplicate) {
								t.Errorf("with the key %q: %v", wrong, err)
							}
						}
						if at == other {
							continue
						}
						start := time.Now()
						newcomer := client(at, key)
						ipctest.Connect(t, newcomer)
						if d := time.Since(start); d > 0 {
							t.Errorf("it took %v", d)
						}
						<-holder.Done()
						if err := holder.Err(); !errors.Is(err, code.Duplicate) {
							t.Errorf("the holder was closed because of %v", err)
						}
						if got, err := echo.Call(t.Context(), newcomer, &textArgs{"mine"}); got != "mine" || err != nil {
							t.Errorf("the newcomer: %q, %v", got, err)
						}
					}
				})
			})
		}
	}
}
