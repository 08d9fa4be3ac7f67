package load

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Fingerprint returns a number that stands for all that a run depends on
// beside the generator itself, and false where that cannot be told before the
// run. Two runs with the same one have the same result:
//
//	what go list printed  which packages and files there are, of which versions,
//	                      for whatever tags, flags, go.mod and go.work
//	the texts             of packages that are read from source, and of all
//	                      others but those below
//	versions              of the standard library, of modules in the module
//	                      cache: nobody edits those
//
// The texts are those that the run itself reads, not others of a moment before.
func (prog *Program) Fingerprint() (sum [sha256.Size]byte, ok bool) {
	d := digest{sha256.New()}
	version, ok := prog.goVersion()
	if !ok || prog.cfg.overlays() {
		return sum, false
	}
	d.add(version)
	d.add(prog.printed)
	d.addStrings(prog.cfg.Patterns)
	d.addStrings(prog.cfg.Flags)
	d.addStrings(prog.cfg.goEnvironment())
	for _, path := range slices.Sorted(maps.Keys(prog.graph)) {
		if l := prog.graph[path]; !l.immutable() && !prog.addTexts(d, l) {
			return sum, false
		}
	}
	return [sha256.Size]byte(d.Sum(nil)), true
}

// Listed says whether the run got by with what [List] asked the go command for.
// If not, its result depends on packages that no Fingerprint covers.
func (prog *Program) Listed() bool { return !prog.learned }

// A digest keeps what is added apart, so that "ab", "c" is not "a", "bc".
type digest struct{ hash.Hash }

func (d digest) add(p []byte) {
	d.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
	d.Write(p)
}

func (d digest) addStrings(all []string) {
	d.add([]byte(strings.Join(all, "\x00")))
}

// addTexts adds those of l's files that a run may read.
func (prog *Program) addTexts(d digest, l *listing) bool {
	names := slices.Concat(l.GoFiles, l.CgoFiles)
	if !l.DepOnly {
		names = slices.Concat(names, l.TestGoFiles, l.XTestGoFiles, l.IgnoredGoFiles)
	}
	for _, name := range names {
		path := name
		if !filepath.IsAbs(name) { // cgo's are
			path = filepath.Join(l.Dir, name)
		}
		text, err := prog.texts.read(path)
		if err != nil {
			return false
		}
		d.add([]byte(path))
		d.add(text)
	}
	return true
}

// immutable says whether what go list prints of l tells its texts, too.
func (l *listing) immutable() bool {
	m := l.Module
	switch {
	case l.Standard:
		return true
	case m == nil || m.Main:
		return false
	case m.Replace != nil:
		return m.Replace.Version != "" && strings.HasSuffix(m.Replace.Dir, "@"+m.Replace.Version)
	}
	return m.Version != "" && strings.HasSuffix(m.Dir, "@"+m.Version)
}

// goVersion returns what names the version of the standard library. A Go that
// somebody builds from source has none.
func (prog *Program) goVersion() ([]byte, bool) {
	for path, l := range prog.graph {
		if root, ok := strings.CutSuffix(filepath.ToSlash(l.Dir), "/src/"+path); ok && l.Standard {
			text, err := os.ReadFile(filepath.Join(filepath.FromSlash(root), "VERSION"))
			return text, err == nil
		}
	}
	return nil, false
}

// goEnvironment returns the variables that the go command or the type checker
// may look at.
func (c *Config) goEnvironment() []string {
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return !strings.HasPrefix(v, "GO") && !strings.HasPrefix(v, "CGO_")
	})
	slices.Sort(env)
	return env
}

// overlays says whether flags put other texts in the place of files.
func (c *Config) overlays() bool {
	return slices.ContainsFunc(slices.Concat(c.Flags, c.goEnvironment()), func(s string) bool {
		return strings.Contains(s, "-overlay")
	})
}
