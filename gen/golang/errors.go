package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// errorTable is
//
//	var greetErrors = ipc.Errors{
//		ipc.ErrorValue("greet.empty", ErrEmpty),
//		ipc.ErrorType[*QuotaError]("greet.quota"),
//	}
func (f *file) errorTable() []*jen.Statement {
	if f.errors == "" {
		return nil
	}
	var all []jen.Code
	for _, e := range f.pkg.Errors {
		all = append(all, f.declaredError(e))
	}
	return []*jen.Statement{documented(
		f.errors+" are the errors of this package that cross a connection.",
		jen.Var().Id(f.errors).Op("=").Id(f.ipc("Errors")).Custom(block, all...))}
}

func (f *file) declaredError(e *model.ErrorCode) *jen.Statement {
	if e.Type == nil {
		return jen.Id(f.ipc("ErrorValue")).Call(jen.Lit(e.Code), jen.Id(e.GoName))
	}
	return jen.Id(f.ipc("ErrorType")).Index(jen.Id(f.typ(e.Type))).Call(jen.Lit(e.Code))
}
