// Package model is what the generator knows of an annotated package: plain
// data between the rules that fill it and the emitter that reads it.
package model

import (
	"go/token"
	"go/types"
	"time"
)

// Package is one annotated package.
type Package struct {
	Name string
	Path string
	Dir  string
	// Test says that the interfaces stand in _test.go files: the output goes
	// to ipc_gen_test.go.
	Test bool
	// Types is the package as type-checked, without the file that is going to
	// be generated. With Test it includes ipc_gen.go.
	Types *types.Package
	// Reserved are names that the package declares in files that Types does not
	// include: in test files, and in those of other platforms. Sorted.
	Reserved []string
	Services []*Service   // in source order
	Errors   []*ErrorCode // in source order
	Metadata []*Metadata  // in source order
}

// Service is an interface whose methods are routes, or events.
type Service struct {
	Pos    token.Position
	GoName string // of the interface
	Name   string // the first part of its routes' names; empty: they are bare
	Doc    string // the doc comment's text, directives removed
	Routes []*Route
	// Topic says what its events are published under; nil: they are routes.
	Topic []Word
}

// Word is one level of a topic: as it is written, or the value of a parameter.
// The other is empty.
type Word struct{ Literal, Param string }

// HasEvents reports whether the methods are events.
func (s *Service) HasEvents() bool { return s.Topic != nil }

// RouteName returns the name of the route whose last part is name.
func (s *Service) RouteName(name string) string {
	if s.Name == "" {
		return name
	}
	return s.Name + "." + name
}

// Shape says what a route sends and receives.
type Shape uint8

// The shapes.
const (
	Call   Shape = iota // arguments, one reply
	Notify              // arguments, no reply
	Stream              // arguments, a sequence of items back
	Upload              // arguments and a sequence of items, one reply
	Duplex              // arguments and a sequence of items, a sequence back
	Event               // parameters, published to whoever subscribes
)

// Route is one method of a service, a route or an event.
type Route struct {
	Pos    token.Position
	GoName string // of the method
	Name   string // Service.Method, or Method if the service is bare, as it crosses
	Doc    string
	Shape  Shape
	// Params are the parameters between the context and the input sequence:
	// those that cross as arguments.
	Params   []Param
	Variadic bool // of the last of Params
	// Input is the sequence parameter of Upload and Duplex, else nil. It is
	// the last parameter; its Type is the item's.
	Input *Param
	// Results are the results of Call and Upload, the error left out.
	Results []Param
	// Item is the type of the sequence that Stream and Duplex return.
	Item types.Type
	// ContextName is the name of the context parameter in the source.
	ContextName string

	// Guards hold what is said about who may call and how often: by the
	// services that the method came through, then of itself.
	Guards     []*Guard
	Timeout    time.Duration // 0: the runtime's default
	Idempotent bool
	Public     bool
	Borrow     bool
	Aliases    []string
	Deprecated string
}

// Param is a parameter or a result. Type keeps aliases as written.
type Param struct {
	Name string // as in the source; empty for unnamed results
	Wire string // as it crosses: Name, or r1, r2 for unnamed results
	Type types.Type
}

// ErrorCode is an error that crosses.
type ErrorCode struct {
	Pos    token.Position
	GoName string // of the variable or type
	Code   string // package.code
	// Type is nil for a variable; for a type it is the one that implements
	// error: T or *T.
	Type types.Type
}
