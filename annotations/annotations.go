package annotations

import (
	"go/ast"
	"go/token"
	"time"
)

// Package is everything the directives of one package say, in source order.
type Package struct {
	// Interfaces holds those that carry a directive, on themselves or on a
	// method. One with neither Service nor Events may be meant for embedding.
	Interfaces []*Interface
	Errors     []*Error
	Metadata   []*Metadata
}

// Interface is an interface type that carries directives, itself or on its methods.
type Interface struct {
	File    *ast.File
	Decl    *ast.GenDecl
	Spec    *ast.TypeSpec
	Type    *ast.InterfaceType // nil: declared by the name of another type, as in type A B
	Service *Service           // nil: not a service
	Events  *Events            // nil: no events
	Allow   []*Allow           // all must hold
	Limit   *Limit             // nil: none
	// Methods holds the methods that carry directives, by their field.
	Methods map[*ast.Field]*Method
}

// Method is what the directives of one method say.
type Method struct {
	Field  *ast.Field
	Route  *Route  // nil: the defaults
	Notify *Notify // nil: it has a reply
	Allow  []*Allow
	Limit  *Limit
}

// Service is //ipc:service [name=N] [bare].
type Service struct {
	Pos  token.Position // of the directive
	Name string         // empty: the name of the interface
	Bare bool           // its routes have no name of a service in front
}

// Events is //ipc:events topic=room.{room}.
type Events struct {
	Pos   token.Position // of the directive
	Topic Topic
}

// Topic is a template: words joined by dots, each literal or the name of a
// parameter in braces.
type Topic struct {
	Source string
	Words  []Word
}

// Word is one part of a topic: Literal or Param, the other empty.
type Word struct {
	Pos     token.Position
	Literal string
	Param   string
}

// Route is //ipc:route [name= timeout= idempotent public borrow alias= deprecated=].
type Route struct {
	Pos        token.Position // of the directive
	Name       string         // the part after the service's; empty: the method's name
	Timeout    time.Duration  // 0: the default
	Idempotent bool
	Public     bool
	Borrow     bool
	Aliases    []string // other full names, alias= given several times or with commas
	Deprecated string
	// Args holds where each argument stands, by its name, for mistakes that
	// are found later. Of several aliases it is the first.
	Args map[string]token.Position
}

// Notify is //ipc:notify.
type Notify struct {
	Pos token.Position // of the directive
}

// Allow is //ipc:allow EXPR. The nodes of Expr have their true positions in
// the file set of the package.
type Allow struct {
	Pos    token.Position // of the expression
	Source string         // the expression as written, comments around it left out
	Expr   ast.Expr
}

// Limit is //ipc:limit N/PERIOD [disconnect].
type Limit struct {
	Pos        token.Position // of N/PERIOD
	Count      int
	Period     time.Duration
	Disconnect bool
}

// Error is //ipc:error CODE, on an error variable or type.
type Error struct {
	Pos  token.Position // of the code
	Code string         // without the package in front
	// Name is the variable's or the type's.
	Name *ast.Ident
	// IsType says which of the two it is.
	IsType bool
}

// Metadata is //ipc:metadata, on a struct type.
type Metadata struct {
	Pos  token.Position // of the directive
	Spec *ast.TypeSpec
}
