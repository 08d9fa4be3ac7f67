package gen

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/ipcgen/ipcgen/gen/load"
)

// memory remembers states of the file tree in which there was nothing to do.
// A state is the hash of everything that a run depends on: the generator, what
// load.Program.Fingerprint covers, and so the generated files themselves. In
// such a state a run need not go further than to recognize it.
//
// It is one file of so many places, each the hash of a state, found by its
// first bytes. So it is bounded, the newest states push out old ones, and there
// is nothing to interpret: a file that is missing, cut, damaged or written to
// by others at the same time recognizes less, and never a state that was not
// remembered.
type memory struct {
	path string // of the file; empty if nothing is remembered
	id   string // of the generator
}

type state [sha256.Size]byte

const places = 1 << 12

// newMemory returns the memory in dir, which is made when there is something
// to remember.
func newMemory(dir string) *memory {
	id, ok := generatorID()
	if dir == "" || !ok {
		return new(memory)
	}
	return &memory{path: filepath.Join(dir, "fresh"), id: id}
}

// generatorID tells this program from others, older and newer ones of itself
// among them.
func generatorID() (string, bool) {
	path, err := os.Executable()
	if err != nil {
		return "", false
	}
	file, err := os.Stat(path)
	build, ok := debug.ReadBuildInfo()
	if err != nil || !ok {
		return "", false
	}
	return fmt.Sprintln(path, file.Size(), file.ModTime().UnixNano(), build), true
}

// state returns the one that prog has found, or false if none can be told.
func (m *memory) state(prog *load.Program) (s state, ok bool) {
	if m.path == "" {
		return s, false
	}
	sum, ok := prog.Fingerprint()
	return sha256.Sum256(append(sum[:], m.id...)), ok
}

func (s state) place() int64 {
	return int64(binary.BigEndian.Uint32(s[:])%places) * int64(len(s))
}

// knows says whether there was nothing to do in s.
func (m *memory) knows(s state) bool {
	f, err := os.Open(m.path)
	if err != nil {
		return false
	}
	defer f.Close()
	var there state
	_, err = f.ReadAt(there[:], s.place())
	return err == nil && there == s
}

// remember notes that there was nothing to do in s. That it could not be noted
// is nobody's concern.
func (m *memory) remember(s state) {
	if os.MkdirAll(filepath.Dir(m.path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(m.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	f.WriteAt(s[:], s.place())
	f.Close()
}

// upToDate is the result in a state in which there is nothing to do.
func upToDate(prog *load.Program) *Result {
	res := new(Result)
	for _, p := range prog.Packages {
		for _, path := range p.Generated {
			res.Files = append(res.Files, File{Path: path, Package: p.Path, Content: p.Text(path)})
		}
	}
	slices.SortFunc(res.Files, byPath)
	return res
}

func byPath(a, b File) int { return cmp.Compare(a.Path, b.Path) }

// isUpToDate says whether that is what a run came to.
func (res *Result) isUpToDate(prog *load.Program) bool {
	if len(res.Problems)+len(res.Notes)+len(res.Remove) > 0 || !prog.Listed() {
		return false
	}
	return slices.EqualFunc(res.Files, upToDate(prog).Files, func(a, b File) bool {
		return a.Path == b.Path && a.Package == b.Package && bytes.Equal(a.Content, b.Content)
	})
}
