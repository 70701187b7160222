"""The manual of what can be wrong with a spec by itself, or with what it refers to."""

from __future__ import annotations

from penstock.catalog.references import code_of
from penstock.diagnostics.codes import Code
from penstock.diagnostics.grammar import with_article
from penstock.specs.kinds import KINDS


def _unknown(kind: str) -> Code:
    noun = with_article(kind)
    return Code(
        code_of(kind),
        f"""A spec refers to {noun} that does not exist.

        What it does: looks up every name in a field that refers to {noun}, in `spec`, `metadata` and `overrides`.

        Why: a dangling name would fail in the cluster, or never be noticed.

        Use instead: the name of a declared {kind}, its `metadata.name`. Files and folders have no meaning.
        """,
    )


LOADING = (
    Code(
        "unknown-key",
        """A mapping has an unknown key.

        Why: a silently ignored key would be a rule that does not apply, so every unknown key is an error.

        Example:

            spec: {primary_key: [flight_id]}

        Use instead:

            spec: {primaryKey: [flight_id]}

        Keys are written in camelCase. `penstock schema` writes JSON Schemas, with which editors complete them.
        """,
    ),
    Code(
        "missing-key",
        """A mapping lacks a required key.

        The help names each missing key with its description. An override that removes a required key (with `null`) is
        reported where it does so.
        """,
    ),
    Code(
        "wrong-type",
        """A value has the wrong type.

        Values are not converted: `"5"` is text and `5` is a number. Numbers with a unit include it: `2h`, `30d`, `25%`,
        `500m`, `2Gi`.

        Example:

            freshness: 26

        Use instead:

            freshness: 26h
        """,
    ),
    Code(
        "not-one-of",
        """A value is not one of the allowed values.

        Example:

            origin: {type: varchar}

        Use instead:

            origin: {type: string}
        """,
    ),
    Code(
        "invalid-format",
        """A text has an invalid format: a name, a digest, an image, a function, an address.

        Names of specs become names in Kubernetes: lower-case letters, digits and dashes. Images and models are pinned
        by digest, since a tag can be moved. Functions are written `module:function`.
        """,
    ),
    Code(
        "out-of-range",
        """A number is out of range.

        The label at the value states the bound.
        """,
    ),
    Code(
        "too-few",
        """A text, a list or a mapping is empty or too short.

        Some texts have a minimum length, such as the purpose of a sensitive use, which its approvers read.
        """,
    ),
    Code("too-many", "A list, a name or a login exceeds a limit of the language, of Kubernetes or of the forge."),
    Code(
        "duplicate-item",
        """A list of unique items has a duplicate.

        Example:

            environments: [staging, production, production]

        Use instead:

            environments: [staging, production]
        """,
    ),
    Code(
        "reserved-label",
        """A custom label is one that the compiler sets on every manifest.

        Selectors, network policies and alerts rely on these labels, so specs cannot set them.

        Example:

            labels: {app.kubernetes.io/name: flights}

        Use instead:

            labels: {system: flights}
        """,
    ),
    Code(
        "bad-range",
        """Two bounds are equal, in the wrong order, or outside of the scale.

        Example:

            learning_rate: {loguniform: [0.3, 0]}

        Use instead:

            learning_rate: {loguniform: [0.01, 0.3]}
        """,
    ),
    Code(
        "choose-one",
        """Exactly one of several keys is required, but none or several are given.

        Example:

            source: {parquet: data/flights.parquet, sql: select * from other}

        Use instead: one of them.
        """,
    ),
    Code(
        "choose-some",
        """At least one of several keys is required, but none is given.

        Example:

            {id: quality, metric: roc_auc}

        Use instead:

            {id: quality, metric: roc_auc, atLeast: 0.7}
        """,
    ),
    Code(
        "ambiguous-rule",
        """The type of a gate's rule is ambiguous.

        One key determines the type of a rule: `metric`, `compare`, `fairness`, `perturb`, `explain`, `latency` or
        `python`; `by` beside `metric` makes it a rule for groups.
        """,
    ),
    Code("api-version", "A spec has an unsupported `apiVersion`."),
    Code(
        "missing-kind",
        """A document in `specs/` has no `kind`.

        Every document has `apiVersion`, `kind`, `metadata` and `spec`.
        """,
    ),
    Code("unknown-kind", "A document has an unknown kind."),
    Code(
        "foreign-document",
        """A manifest of another system is in `specs/`.

        Every document below `specs/` must be a spec. Keep other manifests outside of `specs/` and `generated/`.
        """,
    ),
    Code(
        "duplicate-name",
        """Two specs of the same kind have the same name.

        Names are unique per kind in the whole repository, in whatever file, since specs refer to each other by name.
        """,
    ),
    *(_unknown(kind) for kind in KINDS),
)
