package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a short life: collecting would take a quarter of it
	}
	os.Exit(run(os.Args[1:]))
}

// run returns the exit status. Interrupted, it finishes the file it is writing.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := &tool{stdout: os.Stdout, stderr: os.Stderr}
	root := t.commands()
	root.SetArgs(doubleDashes(args, root.PersistentFlags()))
	if err := root.ExecuteContext(ctx); err != nil {
		t.complain(err)
		t.say("run 'ipcgen -h' for help")
	}
	return t.status
}

// A tool is one run of the command.
type tool struct {
	stdout, stderr *os.File
	dir            string // of -C
	tags           string
	json           bool
	status         int // the exit status so far
}

// The exit statuses; doc.go explains them.
const (
	stale  = 1
	failed = 2
)

const about = `Ipcgen writes the client stubs and server dispatchers of annotated Go interfaces,
into one file ipc_gen.go a package. Flags may be written with one dash or two.

Exit status: 0 all is well, 1 check found stale files, 2 mistakes or failure.`

func (t *tool) commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "ipcgen [packages]",
		Short:         "Generate typed IPC from annotated Go interfaces",
		Long:          about,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		Example: `  ipcgen                    generate for the package in this directory
  ipcgen ./...              generate for all packages below it
  ipcgen check ./...        exit with 1 and print a diff if a file is stale
  ipcgen -C api -json ./... print mistakes as JSON

  //go:generate go tool ipcgen`,
		Run: func(cmd *cobra.Command, args []string) { t.generate(cmd.Context(), args) },
	}
	check := &cobra.Command{
		Use:   "check [packages]",
		Short: "Say which generated files are stale: exit 0 for none, 1 for some, 2 for mistakes",
		Run:   func(cmd *cobra.Command, args []string) { t.check(cmd.Context(), args) },
	}
	version := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(*cobra.Command, []string) { t.version() },
	}
	root.AddCommand(check, version)
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&t.dir, "dir", "C", "", "change to `dir` before anything else")
	flags.StringVar(&t.tags, "tags", "", "build tags, a `list` separated by commas")
	flags.BoolVar(&t.json, "json", false, "print what was found and done as JSON")
	return root
}

// doubleDashes lets flags be written as those of the go command, with one
// dash: -json for --json.
func doubleDashes(args []string, flags *pflag.FlagSet) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if arg == "--" {
			break
		}
		if len(name) > 1 && strings.HasPrefix(arg, "-") && flags.Lookup(name) != nil {
			args[i] = "-" + arg
		}
	}
	return args
}
