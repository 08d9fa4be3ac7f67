package check

import (
	"go/types"
	"slices"

	"github.com/ipcgen/ipcgen/gen/model"
)

// A signature is a method's as a route sees it. What breaks a rule is where it
// fits best: the rules say that it does not belong there.
type signature struct {
	context *types.Var   // nil: there is none in front
	params  []*types.Var // that cross as arguments
	input   *types.Var   // the sequence at the end, or nil
	item    types.Type   // of the sequence that is the only result, or nil
	results []*types.Var // the others, without the error
	err     *types.Var   // the error at the end, or nil
}

func read(sig *types.Signature) *signature {
	s := &signature{
		params:  slices.Collect(sig.Params().Variables()),
		results: slices.Collect(sig.Results().Variables()),
	}
	if len(s.params) > 0 && isContext(s.params[0].Type()) {
		s.context, s.params = s.params[0], s.params[1:]
	}
	if n := len(s.params) - 1; n >= 0 && streamItem(s.params[n].Type()) != nil {
		s.input, s.params = s.params[n], s.params[:n]
	}
	if len(s.results) == 1 && streamItem(s.results[0].Type()) != nil {
		s.item, s.results = streamItem(s.results[0].Type()), nil
	}
	if n := len(s.results) - 1; n >= 0 && isError(s.results[n].Type()) {
		s.err, s.results = s.results[n], s.results[:n]
	}
	return s
}

// shape returns what the signature makes of a route that is no notification.
func (s *signature) shape() model.Shape {
	switch {
	case s.item != nil && s.input != nil:
		return model.Duplex
	case s.item != nil:
		return model.Stream
	case s.input != nil:
		return model.Upload
	}
	return model.Call
}

func isContext(t types.Type) bool { return isStd(t, "context", "Context") }

// isError says whether t is error itself, by whatever alias.
func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// isStd says whether t is the type called name of the standard package path.
func isStd(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Name() == name && obj.Pkg() != nil && obj.Pkg().Path() == path
}

// isSequence says whether t is an iter.Seq or iter.Seq2.
func isSequence(t types.Type) bool { return isStd(t, "iter", "Seq") || isStd(t, "iter", "Seq2") }

// streamItem returns T if t is an iter.Seq2[T, error], else nil.
func streamItem(t types.Type) types.Type {
	if !isStd(t, "iter", "Seq2") {
		return nil
	}
	args := types.Unalias(t).(*types.Named).TypeArgs()
	if args.Len() != 2 || !isError(args.At(1)) {
		return nil
	}
	return args.At(0)
}
