// Package echopb is the service of package echo in protobuf: messages, and
// the stubs of every contender that generates them from a .proto file.
package echopb

//go:generate go run ../internal/protogen echo.proto
