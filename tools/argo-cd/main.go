// Command argo-cd is what tests/cluster runs of Argo CD, in one program: `argo-cd PART FLAG...`.
//
// Built by `make cluster`. Argo CD's own binary holds its server and all of its command line besides, and keeps its
// cache in a Redis, for which a test needs no more than one in memory.
package main

import (
	"fmt"
	"os"

	"github.com/alicebob/miniredis/v2"
	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "argo-cd", SilenceUsage: true}
	root.AddCommand(part("controller", controller.NewCommand()), part("repo-server", reposerver.NewCommand()), redis())
	if err := root.Execute(); err != nil {
		os.Exit(1)
	}
}

func part(name string, command *cobra.Command) *cobra.Command {
	command.Use = name
	return command
}

func redis() *cobra.Command {
	return &cobra.Command{
		Use:  "redis ADDRESS",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error {
			server := miniredis.NewMiniRedis()
			if err := server.StartAddr(arguments[0]); err != nil {
				return fmt.Errorf("no Redis at %s: %w", arguments[0], err)
			}
			select {}
		},
	}
}
