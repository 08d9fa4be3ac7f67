package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/ipcgen/ipcgen/gen/model"
)

// The names that users of metadata rely on follow from its own.

func fieldsVar(m *model.Metadata) string    { return m.GoName + "Fields" }
func toMetadata(m *model.Metadata) string   { return m.GoName + "Metadata" }
func fromMetadata(m *model.Metadata) string { return m.GoName + "FromMetadata" }

// metadata is what users of a struct of metadata call.
func (f *file) metadata(m *model.Metadata) []*jen.Statement {
	return []*jen.Statement{f.metadataFields(m), f.toMetadata(m), f.fromMetadata(m)}
}

// query is a name of package query.
func (f *file) query(name string) string { return f.imports.name(queryPath, "query") + "." + name }

// metadataFields is
//
//	var BotFields = struct {
//		Load query.Number[int]
//	}{
//		Load: "load",
//	}
func (f *file) metadataFields(m *model.Metadata) *jen.Statement {
	var types, values []jen.Code
	for _, field := range m.Fields {
		types = append(types, jen.Id(field.GoName).Id(f.fieldType(field)))
		values = append(values, jen.Id(field.GoName).Op(":").Lit(field.Name))
	}
	return documented(fieldsVar(m)+" are the fields of ["+m.GoName+"], to ask for in queries and to update.",
		jen.Var().Id(fieldsVar(m)).Op("=").Struct(types...).Custom(block, values...))
}

// The types of package query that fields are of.
var fieldTypes = map[model.MetadataKind]string{
	model.Number:  "Number",
	model.Text:    "Text",
	model.Flag:    "Flag",
	model.Release: "Release",
	model.List:    "List",
}

func (f *file) fieldType(field model.MetadataField) string {
	name := f.query(fieldTypes[field.Kind])
	if field.Kind == model.Release {
		return name
	}
	return name + "[" + f.typ(field.Value) + "]"
}

// toMetadata is
//
//	func BotMetadata(v Bot) query.Metadata {
//		return query.Metadata{
//			"load":  v.Load,
//			"limit": query.Optional(v.Limit),
//		}
//	}
func (f *file) toMetadata(m *model.Metadata) *jen.Statement {
	var values []jen.Code
	for _, field := range m.Fields {
		value := f.local("v").Dot(field.GoName)
		if field.Optional {
			value = jen.Id(f.query("Optional")).Call(value)
		}
		values = append(values, jen.Lit(field.Name).Op(":").Add(value))
	}
	return documented(toMetadata(m)+" returns "+f.names.locals["v"]+" as metadata: an update of all of its fields.",
		jen.Func().Id(toMetadata(m)).Params(f.local("v").Id(m.GoName)).Id(f.query("Metadata")).
			Block(jen.Return(jen.Id(f.query("Metadata")).Custom(block, values...))))
}

// fromMetadata is
//
//	func BotFromMetadata(m query.Metadata) (Bot, error) {
//		var v Bot
//		err := query.Read(m,
//			BotFields.Load.Read(&v.Load),
//			BotFields.Limit.ReadOptional(&v.Limit),
//		)
//		return v, err
//	}
func (f *file) fromMetadata(m *model.Metadata) *jen.Statement {
	readers := []jen.Code{f.local("m")}
	for _, field := range m.Fields {
		readers = append(readers, f.reader(m, field))
	}
	return documented(fromMetadata(m)+" returns the fields of ["+m.GoName+"] that "+f.names.locals["m"]+" has. Others stay zero;\n"+
		"so does one for which it has something else than fits, which is the error.",
		jen.Func().Id(fromMetadata(m)).Params(f.local("m").Id(f.query("Metadata"))).Params(jen.Id(m.GoName), jen.Error()).Block(
			jen.Var().Add(f.local("v")).Id(m.GoName),
			f.local("err").Op(":=").Id(f.query("Read")).Custom(column, readers...),
			jen.Return(f.local("v"), f.local("err")),
		))
}

func (f *file) reader(m *model.Metadata, field model.MetadataField) *jen.Statement {
	read, into := "Read", jen.Op("&").Add(f.local("v")).Dot(field.GoName)
	if field.Optional {
		read = "ReadOptional"
	}
	if field.Named {
		into = jen.Parens(jen.Op("*").Index().Id(f.typ(field.Value))).Parens(into)
	}
	return jen.Id(fieldsVar(m)).Dot(field.GoName).Dot(read).Call(into)
}
