package check

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"strings"
)

// carriedValues refuses what cannot cross, however deep inside: both codecs,
// CBOR and JSON, have to bring it to the far side as it was.
func (c *checker) carriedValues(m *method, sig *signature) {
	for _, p := range sig.params {
		if !isLikeContext(p.Type()) && !isSequence(p.Type()) {
			c.carriedValue(m, p, p.Type(), "parameter "+p.Name())
		}
	}
	if sig.input != nil {
		c.carriedValue(m, sig.input, streamItem(sig.input.Type()), "an item of "+sig.input.Name())
	}
	for i, r := range sig.results {
		if !isSequence(r.Type()) && (sig.err != nil || !implementsError(r.Type())) {
			c.carriedValue(m, r, r.Type(), resultName(r, i))
		}
	}
	if sig.item != nil {
		c.carriedValue(m, m.sig.Results().At(0), sig.item, "an item of the stream")
	}
}

func resultName(r *types.Var, i int) string {
	if r.Name() == "" || r.Name() == "_" {
		return fmt.Sprintf("result %d", i+1)
	}
	return "result " + r.Name()
}

// carriedValue reports t, the type of v or of its items, if it cannot cross.
func (c *checker) carriedValue(m *method, v *types.Var, t types.Type, role string) {
	for _, flaw := range c.uncarried(t) {
		c.report(m.at(v.Pos()), unsupportedType, "%s of %s%s", role, m.name, c.explain(flaw, t, v.Name(), v.Pos()))
	}
}

// A flaw is what keeps a type from crossing.
type flaw struct {
	path   string // from the type that was asked about to the flawed one
	reason string // and the way out: what follows "It is". Empty: the type is not known
	// decl is where the innermost field or type on the path is declared.
	decl token.Pos
}

// flaws are those of one type, each but once: that a type crosses is that it
// has none.
type flaws []*flaw

func flawed(format string, args ...any) flaws {
	return flaws{{reason: fmt.Sprintf(format, args...)}}
}

// under returns all, as seen from a type in which they are found at step.
func (all flaws) under(step string) flaws {
	for _, f := range all {
		f.path = step + f.path
	}
	return all
}

// inField returns all, as seen from the struct that field belongs to.
func (all flaws) inField(field *types.Var) flaws {
	return all.under("." + field.Name()).declaredAt(field.Pos())
}

// declaredAt returns all with pos, where no declaration further inside is known.
func (all flaws) declaredAt(pos token.Pos) flaws {
	for _, f := range all {
		f.decl = cmp.Or(f.decl, pos)
	}
	return all
}

// explain continues the sentence that began with what is of type t, declared
// as name at pos: with the path into t, as in Req.Items[].Done, and the reason.
func (c *checker) explain(f *flaw, t types.Type, name string, pos token.Pos) string {
	reason := f.reason
	if reason == "" {
		reason = "of a type that Go does not understand: " + c.cause(cmp.Or(f.decl, pos))
	}
	if f.path == "" {
		return " is " + reason
	}
	root := cmp.Or(c.typeName(t), strings.TrimPrefix(name, "_"))
	return ": " + strings.TrimPrefix(root+f.path, ".") + " is " + reason
}

// typeName returns the name of the type that t is or points to, if it has one.
func (c *checker) typeName(t types.Type) string {
	switch t := t.(type) {
	case *types.Named:
		return c.qualified(t.Obj())
	case *types.Alias:
		return c.qualified(t.Obj())
	case *types.Pointer:
		return c.typeName(t.Elem())
	}
	return ""
}

func (c *checker) qualified(obj *types.TypeName) string {
	if obj.Pkg() == nil || obj.Pkg() == c.Types {
		return obj.Name()
	}
	return obj.Pkg().Name() + "." + obj.Name()
}

// deepest bounds the walk into a type. Only a generic type that holds ever
// larger instances of itself, which Go refuses elsewhere, gets there.
const deepest = 100

// uncarried returns what is wrong with t.
func (c *checker) uncarried(t types.Type) flaws {
	clear(c.uncarriable)
	return c.walk(t, 0)
}

func (c *checker) walk(t types.Type, depth int) flaws {
	if depth > deepest {
		return flawed("nested without end: name a type that is not")
	}
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return c.walkNamed(t, depth+1)
	case *types.Pointer:
		return c.walk(t.Elem(), depth+1)
	case *types.Slice:
		return c.walk(t.Elem(), depth+1).under("[]")
	case *types.Array:
		return c.walk(t.Elem(), depth+1).under("[]")
	case *types.Map:
		return c.walkMap(t, depth+1)
	case *types.Struct:
		return c.walkStruct(t, depth+1)
	case *types.Basic:
		return walkBasic(t)
	case *types.Interface:
		return c.walkInterface(t, t)
	case *types.Chan:
		return flawed("%s, but a channel belongs to one process: stream with iter.Seq2[T, error]", c.typeString(t))
	case *types.Signature:
		return flawed("%s, but a function belongs to one process: make it a route of a service that the far side calls", c.typeString(t))
	}
	return flawed("%s, which cannot cross", c.typeString(t))
}

func walkBasic(t *types.Basic) flaws {
	switch {
	case t.Kind() == types.Invalid:
		return flaws{new(flaw)}
	case t.Kind() == types.UnsafePointer:
		return flawed("unsafe.Pointer, but an address belongs to one process: send what it points to")
	case t.Info()&types.IsComplex != 0:
		return flawed("%s, which neither CBOR nor JSON has: send two floats", t.Name())
	}
	return nil
}

// walkInterface judges t, an interface or a type declared as one. The far side
// cannot know what to put into any but the empty one.
func (c *checker) walkInterface(t types.Type, iface *types.Interface) flaws {
	switch {
	case iface.Empty():
		return nil
	case isError(t):
		return flawed("error, but its concrete type is not known to the far side: let it be the last result, or send a text or a code")
	case isContext(t):
		return flawed("context.Context, which cannot be stored: let it be the first parameter")
	case isStd(t, "io", "Reader") || isStd(t, "io", "ReadCloser"):
		return flawed("%s, but a reader belongs to one process: send []byte, or stream iter.Seq2[[]byte, error]", c.typeString(t))
	}
	return flawed("%s, but what is behind an interface is not known to the far side: name a concrete type, or any for plain data", c.typeString(t))
}

func (c *checker) walkNamed(t *types.Named, depth int) flaws {
	if c.carried[t] || c.uncarriable[t] {
		return nil
	}
	if iface, ok := t.Underlying().(*types.Interface); ok {
		return c.walkInterface(t, iface)
	}
	if known := c.knownType(t); known != nil {
		return known
	}
	c.carried[t] = true // also while inside: a recursive type crosses if the rest of it does
	found := c.walkMarshaled(t, func() flaws { return c.walk(t.Underlying(), depth) })
	if found != nil {
		delete(c.carried, t)
		c.uncarriable[t] = true
	}
	return found.declaredAt(t.Obj().Pos())
}

// knownType refuses types that everybody knows, with a better way out than
// what the walk into them would come up with.
func (c *checker) knownType(t *types.Named) flaws {
	if t.Obj().Pkg() == nil {
		return nil
	}
	switch path := t.Obj().Pkg().Path(); {
	case isSequence(t):
		return flawed("%s, but a stream can only be the last parameter or the only result: send a slice", c.typeString(t))
	case path == "sync":
		return flawed("%s, but what it guards belongs to one process: leave it out", c.typeString(t))
	case path == "sync/atomic":
		return flawed("%s, but it synchronizes one process: send the value that it holds", c.typeString(t))
	case isStd(t, "math/big", "Int"):
		return flawed("big.Int, which CBOR has only for 64 bits without tags: send its text")
	}
	return nil
}

// walkMap judges a map. Its keys are texts in JSON, so they are strings,
// integers or something that has a text.
func (c *checker) walkMap(t *types.Map, depth int) flaws {
	key, ok := t.Key().Underlying().(*types.Basic)
	switch text := has(t.Key(), "MarshalText"); {
	case !text && ok && (key.Kind() == types.Invalid || key.Info()&(types.IsString|types.IsInteger) != 0):
		return c.walk(t.Elem(), depth).under("[]")
	case text:
		return append(c.walk(t.Key(), depth).under("[key]"), c.walk(t.Elem(), depth).under("[]")...)
	}
	return flawed("%s, but JSON has no keys of type %s: use a string or an integer, give it MarshalText and UnmarshalText, or send a slice of pairs",
		c.typeString(t), c.typeString(t.Key()))
}
