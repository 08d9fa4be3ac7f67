package ipc

import (
	"errors"

	"github.com/ipcgen/ipcgen/runtime/code"
)

// Allow makes h serve only requests for which allow holds, and returns h. If
// it is called more than once all have to hold, and are asked in that order. It
// must not be called any more once h is registered.
//
// Allow is asked when the arguments have been decoded, inside the interceptors
// and directly before the handler, on many goroutines at once. What it does not
// let in fails with code.Denied and did not run: interceptors see that as the
// error of next. A panic denies, and goes to the log. Of a notification that is
// denied only the log is told; a stream that is denied does not open.
func (h *Handler) Allow(allow func(r *Request) bool) *Handler {
	h.allow = append(h.allow, allow)
	return h
}

// errNotAllowed is in the errors of requests that the handler's conditions refuse.
var errNotAllowed = errors.New("ipc: not allowed")

// permit returns nil if the conditions of the handler hold.
func (s *serving) permit() error {
	allowed := true
	err := guard(func() error {
		for _, allow := range s.handler.allow {
			allowed = allowed && allow(&s.request)
		}
		return nil
	})
	if err != nil {
		s.conn.gripes.warn("ipc: condition failed, which denies", "peer", s.conn.peer.id, "route", s.handler.route.Name, "error", err)
	}
	if err != nil || !allowed {
		return notSent(code.Denied, "%s is not allowed", s.handler.route.Name).because(errNotAllowed)
	}
	return nil
}

// deny answers a request that was not permitted.
func (s *serving) deny() {
	if s.claim() {
		s.conn.refuseRequest(s.id, s.handler.route.Name, code.Denied, s.handler.route.Name+" is not allowed")
	}
}
