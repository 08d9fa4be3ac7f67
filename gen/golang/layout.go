package golang

import "github.com/dave/jennifer/jen"

// How elements stand in brackets where jennifer's own choice is another.
var (
	// block is a composite literal with each element on a line of its own.
	block = jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}
	// column is the arguments of a call, each on a line of its own.
	column = jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}
	// line is a function's body on the line of its head.
	line = jen.Options{Open: "{", Close: "}"}
)
