"""All diagnostic codes of this room, with their manual pages."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code
from penstock.diagnostics.model import Severity

CODES = (
    Code(
        "pipeline-schema",
        """
        A pipeline does not match Kubeflow's protobuf schema.

        The cluster would reject the pipeline when it is uploaded, or drop the field. Generated pipelines always match,
        so a patch or a manual edit is the likely cause: revert it, and run `penstock compile`.
        """,
    ),
    Code(
        "pipeline-structure",
        """
        The parts of a pipeline are inconsistent.

        A task refers to a component, an executor, a task or an input that does not exist, tasks wait for each other,
        or an output is never written. The protobufs accept such a pipeline; it fails when it runs.
        """,
    ),
    Code(
        "object-schema",
        """
        An object does not match the schema of its custom resource definition.

        This is stricter than a cluster: an unknown field is an error here, while the cluster silently drops it. The
        definitions are those of `--crds` or `--cluster`; if the field exists in the version that the cluster runs, pass
        that version.
        """,
    ),
    Code(
        "object-rule",
        """
        An object breaks a rule of its custom resource definition (`x-kubernetes-validations`).

        The cluster's API server evaluates the same CEL expression and would reject the object.
        """,
    ),
    Code(
        "rule-not-evaluated",
        """
        A CEL rule or a pattern of a custom resource definition could not be evaluated.

        It calls a function of Kubernetes' CEL libraries, or has an escape of RE2, that Penstock's evaluator lacks. The
        object may break the rule.
        """,
        WARNS,
    ),
    Code(
        "unverified-kind",
        """
        Objects of this kind were not checked: there is no definition of it.

        Neither the folder of `--crds` nor the cluster of `--cluster` has one. Built-in kinds of Kubernetes need the
        package `kubernetes-validate`.
        """,
        (Severity.NOTE,),
    ),
    Code(
        "object-semantics",
        """
        An object is valid by its schema but would not work.

        Maximum replicas below the minimum, a selector that does not match its own pods, weights above 100, a label that
        Kubernetes rejects, an annotation that is a number or a boolean, an image without a digest, invalid JSON in a
        field for JSON: no schema detects these.
        """,
    ),
    Code(
        "rule-file",
        """
        Prometheus would not load these rules.

        An unknown or missing field, a group whose name stands twice, a recording rule with the fields of an alert, an
        invalid duration or label name: Prometheus refuses the whole file, and none of its alerts fires.
        """,
    ),
    Code(
        "unknown-form",
        """
        A document is nothing that `penstock verify` knows, so nothing of it was checked.

        It is neither a Kubernetes object (`apiVersion` and `kind`) nor a pipeline, a rule file or a file of rule tests.
        A misspelt field at the top is a likely cause; a file of another kind does not belong among the verified ones.
        """,
        WARNS,
    ),
    Code(
        "dashboard-semantics",
        """
        A dashboard is valid by its schema but would be shown wrongly.

        Two panels with the same id or position, a panel beyond the edge, a data source in an undeclared variable, a uid
        that is too long: Grafana silently accepts them.
        """,
    ),
    Code(
        "duplicate-object",
        """
        Two files of one environment declare the same object.

        The one that is applied last wins, and they replace each other at each sync.
        """,
    ),
    Code(
        "kustomization-entry",
        """
        A kustomization lists a file that does not exist.

        `kubectl apply -k` would fail and apply nothing.
        """,
    ),
    Code(
        "promql-syntax",
        """
        An expression is not valid PromQL.

        Prometheus would reject the whole rule file, an analysis would end with an error, a scaler would not scale, a
        panel would stay empty.
        """,
    ),
    Code(
        "no-generated-files",
        """
        There are no files to verify at this path.

        Run `penstock compile`, or pass existing files or folders.
        """,
    ),
)
