"""All diagnostic codes of this room, with their manual pages."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code
from penstock.diagnostics.model import Severity

CODES = (
    Code(
        "pipeline-schema",
        """
        A pipeline is not of the form that Kubeflow's protobufs define.

        The cluster would refuse it when it is uploaded, or drop the field. Generated pipelines always have the form,
        so a patch or a change by hand is the likely cause: take it back, and run `penstock compile`.
        """,
    ),
    Code(
        "pipeline-structure",
        """
        The parts of a pipeline do not fit together.

        A task refers to a component, an executor, a task or an input that does not exist, tasks wait for each other,
        or an output is never written. The protobufs accept such a pipeline; it fails when it runs.
        """,
    ),
    Code(
        "object-schema",
        """
        An object is not of the form that its custom resource definition demands.

        Checked more strictly than a cluster does: a field that the definition does not know is an error here, where
        the cluster drops it without a word. The definitions are those of `--crds` or `--cluster`; if the field exists
        in the version that the cluster runs, give that version.
        """,
    ),
    Code(
        "object-rule",
        """
        An object breaks a rule of its custom resource definition (`x-kubernetes-validations`).

        The cluster's API server evaluates the same CEL expression and would refuse the object.
        """,
    ),
    Code(
        "rule-not-evaluated",
        """
        A CEL rule of a custom resource definition could not be evaluated.

        It calls a function of Kubernetes' own libraries that the evaluator here lacks. The object may break the rule.
        """,
        WARNS,
    ),
    Code(
        "unverified-kind",
        """
        There is no definition against which objects of this kind could be checked.

        Neither the folder of `--crds` nor the cluster of `--cluster` holds one. Kinds of Kubernetes itself need the
        package `kubernetes-validate`.
        """,
        (Severity.NOTE,),
    ),
    Code(
        "object-semantics",
        """
        An object has the right form and would still not do what it says.

        Fewer replicas at most than at least, a selector that does not match its own pods, weights above 100, a label
        that Kubernetes refuses, an image without a digest, a text called JSON that is none: no schema sees these.
        """,
    ),
    Code(
        "dashboard-semantics",
        """
        A dashboard has the right form and would still not show what it says.

        Two panels with one id or on one place, a panel beyond the edge, a data source by a variable that is not
        declared, an address that is too long: Grafana takes them without a word.
        """,
    ),
    Code(
        "duplicate-object",
        """
        Two files of one environment hold the same object.

        What is applied last wins, and the two replace each other at each sync.
        """,
    ),
    Code(
        "kustomization-entry",
        """
        A kustomization lists a file that does not exist.

        `kubectl apply -k` would apply nothing at all.
        """,
    ),
    Code(
        "promql-syntax",
        """
        An expression is no PromQL.

        Prometheus would refuse the whole rule file, an analysis would end as an error, a scaler would not scale, a
        panel would stay empty.
        """,
    ),
    Code(
        "no-generated-files",
        """
        There is nothing to verify at this place.

        Run `penstock compile`, or name files and folders that exist.
        """,
    ),
)
