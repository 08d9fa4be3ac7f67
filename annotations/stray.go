package annotations

import (
	"go/ast"
	"go/token"
)

// stray says where a directive at pos stands that is in the doc comment of no
// declaration, and where to put it.
func (r *reader) stray(file *ast.File, pos token.Pos) string {
	if pos < file.Package {
		return "stands before the package clause: put it directly above a declaration"
	}
	where := "documents nothing: put it directly above a declaration, without a blank line between"
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File:
			return true
		case *ast.BlockStmt:
			if n.Pos() <= pos && pos < n.End() {
				where = "stands inside a function: only declarations outside can have it"
				return false
			}
		case *ast.Field:
			if n.Doc != nil && n.Doc.Pos() <= pos && pos < n.Doc.End() {
				where = "stands inside a type without a name: declare the type by itself"
			}
		}
		if r.sameLine(n.Pos(), pos) || r.sameLine(n.End(), pos) {
			where = "stands on a line with code: put it on a line of its own above the declaration"
		}
		return true
	})
	return where
}

func (r *reader) sameLine(a, b token.Pos) bool {
	return r.fset.PositionFor(a, false).Line == r.fset.PositionFor(b, false).Line
}
