package golang

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// direction is encoding or decoding: the two halves of a coding differ in
// names only.
type direction struct {
	helper string // the start of a helper's name
	own    string // the start of the name of a function of the generated file
	coder  string // the type of the first parameter
	local  string // and its name
}

var (
	encode = direction{"Encode", "encode", "Encoder", "e"}
	decode = direction{"Decode", "decode", "Decoder", "d"}
)

// records are how the structs of the package cross.
func (f *file) records() []*jen.Statement {
	var all []*jen.Statement
	for _, r := range f.codings.records {
		all = append(all, f.codec(r)...)
	}
	return all
}

// codec is the two functions of a record, and the table that the second needs.
func (f *file) codec(r *record) []*jen.Statement {
	if len(r.members) == 0 {
		return []*jen.Statement{f.encoder(r), f.decoder(r)}
	}
	return []*jen.Statement{f.fieldTable(r), f.encoder(r), f.decoder(r)}
}

// fieldTable is
//
//	var messageFields = []string{"id", "text"}
func (f *file) fieldTable(r *record) *jen.Statement {
	var names []string
	for _, m := range r.members {
		names = append(names, m.wire)
	}
	return jen.Var().Id(fieldsName(r.codec)).Op("=").Index().String().Values(literals(names)...)
}

// encoder is
//
//	func encodeMessage(e *wire.Encoder, v *Message) {
//		e.Map(2)
//		e.String("id")
//		wire.EncodeInt(e, &v.ID)
//		...
//	}
func (f *file) encoder(r *record) *jen.Statement {
	body := []jen.Code{f.local("e").Dot("Map").Call(jen.Lit(len(r.members)))}
	for _, m := range r.members {
		body = append(body,
			f.local("e").Dot("String").Call(jen.Lit(m.wire)),
			f.apply(encode, m.coding, f.field(m)),
		)
	}
	return jen.Func().Id(encode.own + r.codec).Params(f.coder(encode, r.name)...).Block(body...)
}

// decoder is
//
//	func decodeMessage(d *wire.Decoder, v *Message) {
//		for f := d.Fields(messageFields); f.Next(); {
//			switch f.Index() {
//			case 0:
//				wire.DecodeInt(d, &v.ID)
//			...
//			}
//		}
//	}
func (f *file) decoder(r *record) *jen.Statement {
	table, body := jen.Nil(), []jen.Code{}
	if len(r.members) > 0 {
		table = jen.Id(fieldsName(r.codec))
		body = append(body, f.fieldSwitch(r))
	}
	return jen.Func().Id(decode.own + r.codec).Params(f.coder(decode, r.name)...).Block(
		jen.For(f.local("f").Op(":=").Add(f.local("d")).Dot("Fields").Call(table),
			f.local("f").Dot("Next").Call(),
			jen.Empty(),
		).Block(body...),
	)
}

func (f *file) fieldSwitch(r *record) *jen.Statement {
	var cases []jen.Code
	for i, m := range r.members {
		cases = append(cases, jen.Case(jen.Lit(i)).Block(f.apply(decode, m.coding, f.field(m))))
	}
	return jen.Switch(f.local("f").Dot("Index").Call()).Block(cases...)
}

// codingOf is
//
//	wire.Coding[string]{Encode: wire.EncodeString[string], Decode: wire.DecodeString[string]}
func (f *file) codingOf(c *coding) *jen.Statement {
	pair := []jen.Code{
		jen.Id("Encode").Op(":").Add(f.function(encode, c)),
		jen.Id("Decode").Op(":").Add(f.function(decode, c)),
	}
	literal := jen.Id(f.wire("Coding")).Index(jen.Id(f.codedType(c)))
	if c.parts != nil {
		return literal.Custom(block, pair...)
	}
	return literal.Values(pair...)
}

func (f *file) codedType(c *coding) string {
	if c.typ == nil {
		return c.record.name
	}
	return f.typ(c.typ)
}

// function is the function that codes one value: encodeMessage,
// wire.EncodeString[Name] or, for what has parts,
//
//	func(e *wire.Encoder, v *[]string) {
//		wire.EncodeSlice(e, v, wire.EncodeString[string])
//	}
func (f *file) function(d direction, c *coding) *jen.Statement {
	switch {
	case c.record != nil:
		return jen.Id(d.own + c.record.codec)
	case c.parts != nil:
		return jen.Func().Params(f.coder(d, f.typ(c.typ))...).Block(f.apply(d, c, f.whole()))
	case isTime(c.typ):
		return jen.Id(f.wire(d.helper + c.helper))
	default:
		return jen.Id(f.wire(d.helper + c.helper)).Index(jen.Id(f.typ(c.typ)))
	}
}

// coder are the parameters e *wire.Encoder, v *T.
func (f *file) coder(d direction, typ string) []jen.Code {
	return []jen.Code{
		f.local(d.local).Op("*").Id(f.wire(d.coder)),
		f.local("v").Op("*").Id(typ),
	}
}

// place is where a value is: how a pointer to it is written, and what is
// sliced if it is an array.
type place struct{ pointer, array *jen.Statement }

// whole is what v points to.
func (f *file) whole() place { return place{f.local("v"), f.local("v")} }

// field is a field of what v points to.
func (f *file) field(m member) place {
	return place{jen.Op("&").Add(f.local("v")).Dot(m.name), f.local("v").Dot(m.name)}
}

// apply is the statement that codes the value at a place, such as
//
//	wire.EncodeSlice(e, &v.Tags, wire.EncodeString[string])
func (f *file) apply(d direction, c *coding, at place) *jen.Statement {
	if c.record != nil {
		return jen.Id(d.own+c.record.codec).Call(f.local(d.local), at.pointer)
	}
	arguments := []jen.Code{f.local(d.local), at.pointer}
	if _, ok := c.typ.Underlying().(*types.Array); ok && c.parts != nil {
		arguments[1] = at.array.Index(jen.Empty(), jen.Empty())
	}
	for _, part := range c.parts {
		arguments = append(arguments, f.function(d, part))
	}
	return jen.Id(f.wire(d.helper + c.helper)).Call(arguments...)
}
