// Protogen compiles .proto files in this directory and generates the Go code
// of every contender that speaks protobuf. It does without protoc: the
// compiler is a library, and the plugins are tools of this module.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// plugins and the parameters they are run with. Connect leaves its wrappers of
// requests and responses away, and ttrpc names its types as gRPC does,
// unless told otherwise.
var plugins = []struct{ tool, parameter string }{
	{"google.golang.org/protobuf/cmd/protoc-gen-go", "paths=source_relative"},
	{"google.golang.org/grpc/cmd/protoc-gen-go-grpc", "paths=source_relative"},
	{"connectrpc.com/connect/cmd/protoc-gen-connect-go", "paths=source_relative,simple"},
	{"storj.io/drpc/cmd/protoc-gen-go-drpc", "paths=source_relative"},
	{"github.com/containerd/ttrpc/cmd/protoc-gen-go-ttrpc", "paths=source_relative,prefix=TTRPC"},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("protogen: ")
	files, err := compile(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range plugins {
		if err := generate(files, p.tool, p.parameter); err != nil {
			log.Fatalf("%s: %v", p.tool, err)
		}
	}
}

func compile(names []string) (linker.Files, error) {
	c := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	return c.Compile(context.Background(), names...)
}

// generate runs one plugin and writes the files it answers with.
func generate(files linker.Files, tool, parameter string) error {
	request, err := proto.Marshal(requestFor(files, parameter))
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "tool", tool)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s", *response.Error)
	}
	for _, f := range response.File {
		if err := write(f.GetName(), f.GetContent()); err != nil {
			return err
		}
	}
	return nil
}

func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}

// requestFor asks for the code of files. What they import comes before them,
// as plugins expect.
func requestFor(files linker.Files, parameter string) *pluginpb.CodeGeneratorRequest {
	r := &pluginpb.CodeGeneratorRequest{Parameter: &parameter}
	seen := map[string]bool{}
	for _, f := range files {
		r.FileToGenerate = append(r.FileToGenerate, f.Path())
		r.ProtoFile = appendWithImports(r.ProtoFile, f, seen)
	}
	return r
}

func appendWithImports(list []*descriptorpb.FileDescriptorProto, f protoreflect.FileDescriptor, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	if seen[f.Path()] {
		return list
	}
	seen[f.Path()] = true
	for i := range f.Imports().Len() {
		list = appendWithImports(list, f.Imports().Get(i).FileDescriptor, seen)
	}
	return append(list, protodesc.ToFileDescriptorProto(f))
}
