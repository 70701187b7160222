"""What `penstock compile` generates, before a real API server and the real controllers that it is written for.

Real are etcd, the API server with its own admission (schemas and their rules, strict fields, pod security, service
accounts), kubectl, KServe's webhooks and controller, and the controller of Argo Rollouts, all as processes of this
machine at 127.0.0.1, of the versions that `make cluster` built from `tools/cluster/go.mod`.

Stand-ins are what would need machines. No kubelet and no controller of Deployments or ReplicaSets is there, so no
container ever runs: `stand_ins.py` writes into their status what those would, and what a gateway says to an HTTPRoute.
The webhooks are reached at an address of this machine, not through a Service. KServe is told of a gateway by its
configuration. Nothing here knows who may do what: the tests are the cluster's administrator.
"""
