#!/bin/sh
# Puts into .tools/cluster what tests/cluster runs: an API server of Kubernetes with etcd and kubectl, the controllers of
# KServe, Argo Rollouts and Argo CD, and what those are installed with. All but etcd is built here, from the versions of
# tools/cluster/go.mod and tools/argo-cd/go.mod; about ten minutes of two processors where Go's cache holds none of it.
set -eu

cd "$(dirname "$0")/.."
root=$PWD/.tools/cluster
bin=$root/bin
manifests=$root/manifests
module=tools/cluster
mkdir -p "$bin"

. tools/debian.sh
take_binary etcd etcd-server etcd

if ! command -v go >/dev/null 2>&1; then
  echo "error: there is no Go here, which builds the API server and the controllers" >&2
  echo "help: install Go with your system's package manager (Homebrew: brew install go)" >&2
  exit 1
fi

version() { # MODULE
  (cd $module && go list -m -f '{{.Version}}' "$1")
}

source_of() { # MODULE [FOLDER]
  (cd "${2:-$module}" && go mod download "$1" && go list -m -f '{{.Dir}}' "$1")
}

# kubectl refuses to say what it is unless it is told.
kubernetes=$(version k8s.io/kubernetes)
say=k8s.io/component-base/version
numbers=${kubernetes#v}
minor=${numbers#*.}
flags="-s -w -X $say.gitVersion=$kubernetes -X $say.gitMajor=${numbers%%.*} -X $say.gitMinor=${minor%%.*}"
(
  cd $module
  CGO_ENABLED=0 GOBIN=$bin go install -ldflags "$flags" k8s.io/kubernetes/cmd/kube-apiserver \
    k8s.io/kubernetes/cmd/kubectl github.com/kserve/kserve/cmd/manager \
    github.com/argoproj/argo-rollouts/cmd/rollouts-controller
)
mv "$bin/manager" "$bin/kserve-manager"
(cd tools/argo-cd && CGO_ENABLED=0 go build -ldflags "-s -w" -o "$bin/argo-cd" .)

kserve=$(source_of github.com/kserve/kserve)
rollouts=$(source_of github.com/argoproj/argo-rollouts)
argo_cd=$(source_of github.com/argoproj/argo-cd/v3 tools/argo-cd)
gateway=$(source_of sigs.k8s.io/gateway-api)
keda=$(source_of github.com/kedacore/keda/v2)

# Its CRDs alone are wanted: as a requirement of the module it would move the versions that the programs are built with.
operator=github.com/prometheus-operator/prometheus-operator@v0.93.0
operator_sum=h1:AohlYJT+En8TmNpAcEUJ3GsaJTAqfEBwHmGTVpRm/Io=
if ! (cd $module && go mod download -json $operator) | grep -qF "\"$operator_sum\""; then
  echo "error: $operator cannot be had, or is not what it was: its sum is not $operator_sum" >&2
  exit 1
fi
operator=$(go env GOMODCACHE)/$operator

# Files of Go's cache may be read alone, and so may their copies.
rm -rf "$manifests"
mkdir -p "$manifests/crds" "$manifests/kserve"
cp "$kserve"/config/crd/full/serving.kserve.io_*.yaml \
  "$kserve"/config/crd/full/clusterstoragecontainer/serving.kserve.io_*.yaml \
  "$rollouts"/manifests/crds/*-crd.yaml \
  "$argo_cd"/manifests/crds/application-crd.yaml \
  "$argo_cd"/manifests/crds/appproject-crd.yaml \
  "$gateway"/config/crd/standard/gateway.networking.k8s.io_gateways.yaml \
  "$gateway"/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml \
  "$keda"/config/crd/bases/keda.sh_scaledobjects.yaml \
  "$operator"/example/prometheus-operator-crd/monitoring.coreos.com_alertmanagerconfigs.yaml \
  "$operator"/example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml \
  "$operator"/example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml \
  "$manifests/crds"
cp "$kserve/config/configmap/inferenceservice.yaml" "$manifests/kserve/configuration.yaml"
cp "$kserve/config/runtimes/kserve-mlserver.yaml" "$manifests/kserve/runtime.yaml"
cp "$kserve/config/storagecontainers/default.yaml" "$manifests/kserve/storage.yaml"
cp "$kserve/config/webhook/manifests.yaml" "$manifests/kserve/webhooks.yaml"
chmod -R u+w "$manifests"
