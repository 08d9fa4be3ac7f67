package ipc

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/ipcgen/ipcgen/runtime/wire"
)

// Identity names a peer: one Name within a Group of interchangeable or related
// peers. On one server an identity belongs to one connection at a time.
type Identity struct {
	// Group is what kind of peer it is, like "bots". It must not be empty.
	Group string
	// Name tells it from the others of its group. A client that leaves it
	// empty is given a unique one by the server, and keeps it when it
	// reconnects.
	Name string
}

// String returns group/name.
func (id Identity) String() string { return id.Group + "/" + id.Name }

// compare orders identities by group and then by name.
func (id Identity) compare(other Identity) int {
	return cmp.Or(cmp.Compare(id.Group, other.Group), cmp.Compare(id.Name, other.Name))
}

// ParseIdentity reads what [Identity.String] wrote.
func ParseIdentity(s string) (Identity, error) {
	group, name, ok := strings.Cut(s, "/")
	id := Identity{Group: group, Name: name}
	if !ok || name == "" {
		return Identity{}, fmt.Errorf("ipc: identity %q is not of the form group/name", s)
	}
	return id, id.validate()
}

// validate refuses what cannot be an identity; an empty name may be.
func (id Identity) validate() error {
	if err := validatePart("group", id.Group); err != nil {
		return err
	}
	if id.Name == "" {
		return nil
	}
	return validatePart("name", id.Name)
}

var errSlash = errors.New("must not contain /")

func validatePart(what, s string) error {
	err := wire.ValidName(s)
	if err == nil && strings.Contains(s, "/") {
		err = errSlash
	}
	if err != nil {
		return fmt.Errorf("ipc: identity: %s %q: %w", what, s, err)
	}
	return nil
}
