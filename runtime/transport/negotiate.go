package transport

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// choose returns the first of the offered subprotocols that is spoken here.
func choose(offered, spoken []string) (string, error) {
	for _, name := range offered {
		if slices.Contains(spoken, name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("no common subprotocol: offered %s, spoken here %s",
		strings.Join(offered, ", "), strings.Join(spoken, ", "))
}

// admitted asks the listener's owner about a new peer.
func admitted(o *Options, remote net.Addr) bool {
	return o.Admit == nil || o.Admit(remote) == nil
}
