package check

import (
	"go/ast"
	"go/types"

	"github.com/ipcgen/ipcgen/annotations"
	"github.com/ipcgen/ipcgen/gen/model"
)

// errorCode adds the error e, if it breaks no rule.
func (c *checker) errorCode(e *annotations.Error) {
	obj := c.Types.Scope().Lookup(e.Name.Name)
	if obj == nil || obj.Pos() != e.Name.Pos() {
		c.reportTypeErrors(e.Name.Pos(), e.Name.End())
		return
	}
	t, ok := c.errorType(e, obj)
	if !ok {
		return
	}
	code := &model.ErrorCode{
		Pos:    c.Fset.Position(e.Name.Pos()),
		GoName: e.Name.Name,
		Code:   c.Name + "." + e.Code,
	}
	if e.IsType {
		code.Type = t
		c.carriedError(e, t)
	}
	c.errorForEveryBuild(e)
	c.errorCodeOnce(e, code)
	c.model.Errors = append(c.model.Errors, code)
}

// errorType returns the type of e's values: that of a variable, or of the type
// itself and its pointer the one that implements error.
func (c *checker) errorType(e *annotations.Error, obj types.Object) (types.Type, bool) {
	t := obj.Type()
	switch name, isType := obj.(*types.TypeName); {
	case t == types.Typ[types.Invalid]:
		c.report(e.Name.Pos(), typeError, "Go does not understand the type of %s: %s", e.Name.Name, c.cause(e.Name.Pos()))
	case isType && isGeneric(name):
		c.report(e.Name.Pos(), notAnError, "%s has type parameters, but an error that crosses has a definite type: remove them", e.Name.Name)
	case isType && types.IsInterface(t):
		c.report(e.Name.Pos(), notAnError, "%s is an interface, which has no values of its own: put //ipc:error on a type that implements it", e.Name.Name)
	case implementsError(t):
		return t, true
	case isType && implementsError(types.NewPointer(t)):
		return types.NewPointer(t), true
	default:
		c.report(e.Name.Pos(), notAnError, "%s does not implement error: give it Error() string, or remove //ipc:error", e.Name.Name)
	}
	return nil, false
}

func isGeneric(name *types.TypeName) bool {
	switch t := name.Type().(type) {
	case *types.Named:
		return t.TypeParams().Len() > 0
	case *types.Alias:
		return t.TypeParams().Len() > 0
	}
	return false
}

func implementsError(t types.Type) bool {
	return types.AssignableTo(t, types.Universe.Lookup("error").Type())
}

// The value of an error type crosses with its code.
func (c *checker) carriedError(e *annotations.Error, t types.Type) {
	for _, flaw := range c.uncarried(t) {
		c.report(e.Name.Pos(), unsupportedType, "the error %s%s", e.Name.Name, c.explain(flaw, t, "", e.Name.Pos()))
	}
}

func (c *checker) errorForEveryBuild(e *annotations.Error) {
	for _, file := range c.Syntax() {
		if file.FileStart <= e.Name.Pos() && e.Name.Pos() < file.FileEnd {
			c.refuseConstrained(e.Name, file)
		}
	}
}

func (c *checker) refuseConstrained(name *ast.Ident, file *ast.File) {
	if why := constrained(file, c.Fset); why != "" {
		c.report(name.Pos(), buildConstrained, constrainedText, name.Name, why)
	}
}

func (c *checker) errorCodeOnce(e *annotations.Error, code *model.ErrorCode) {
	for _, other := range c.model.Errors {
		if other.Code == code.Code {
			c.reportAt(e.Pos, duplicateCode, "the code %s is that of %s at %s: give it another", code.Code, other.GoName, near(other.Pos))
		}
	}
}
