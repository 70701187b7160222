//go:build tools

// Package tools names the programs that `make cluster` builds, so that go.mod keeps what they need. It is never compiled.
package tools

import (
	_ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
	_ "github.com/kserve/kserve/cmd/manager"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
