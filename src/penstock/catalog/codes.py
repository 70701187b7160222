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

        What it does: looks up every bare name that the language types as the name of {noun}, in `spec`,
        `metadata` and `overrides`.

        Why: a name that leads nowhere would be found out in the cluster, or never.

        Use instead: the name under which {noun} is declared, in `metadata.name`. Files and folders play no
        part; the name alone counts.
        """,
    )


LOADING = (
    Code(
        "unknown-key",
        """A mapping has a key that the language does not know there.

        Why: a key that is ignored is a rule that does not hold, and nobody notices. So every unknown key is an error.

        Example:

            spec: {primary_key: [flight_id]}

        Use instead:

            spec: {primaryKey: [flight_id]}

        Keys are written in camelCase. `penstock schema` gives editors what they need to complete them.
        """,
    ),
    Code(
        "missing-key",
        """A mapping lacks a key that the language requires.

        The help names each missing key with its description. An override that removes a required key (with `null`) is
        reported where it does so.
        """,
    ),
    Code(
        "wrong-type",
        """A value is of another type than the language expects.

        Values are not converted: `"5"` is text and `5` is a number. Numbers that have a unit carry it: `2h`, `30d`,
        `25%`, `500m`, `2Gi`.

        Example:

            freshness: 26

        Use instead:

            freshness: 26h
        """,
    ),
    Code(
        "not-one-of",
        """A value is not among those that the language lists.

        Example:

            origin: {type: varchar}

        Use instead:

            origin: {type: string}
        """,
    ),
    Code(
        "invalid-format",
        """A text does not look as it must: a name, a digest, an image, a function, an address.

        Names of specs become names in Kubernetes: lower-case letters, digits and dashes. Images and models are pinned
        by digest, since a tag can be moved to other contents. Functions are written `module:function`.
        """,
    ),
    Code(
        "out-of-range",
        """A number lies outside of the range that the language allows.

        The label beside the value says which bound it breaks.
        """,
    ),
    Code(
        "too-few",
        """A text, a list or a mapping is empty or too short.

        Some prose has a least length, such as the purpose of a sensitive use: it is read by whoever approves it.
        """,
    ),
    Code("too-many", "A list or a name is longer than the language or Kubernetes allows."),
    Code(
        "duplicate-item",
        """An item stands twice in a list in which each counts once.

        Example:

            environments: [staging, production, production]

        Use instead:

            environments: [staging, production]
        """,
    ),
    Code(
        "reserved-label",
        """A label of one's own is one that the compiler sets on every manifest.

        Selectors, network policies and alerts go by these labels, so nothing else may set them.

        Example:

            labels: {app.kubernetes.io/name: flights}

        Use instead:

            labels: {system: flights}
        """,
    ),
    Code(
        "bad-range",
        """Two bounds are in the wrong order, or reach where a scale has no values.

        Example:

            learning_rate: {loguniform: [0.3, 0]}

        Use instead:

            learning_rate: {loguniform: [0.01, 0.3]}
        """,
    ),
    Code(
        "choose-one",
        """Of several keys exactly one must be given, and there are none or several.

        Example:

            source: {parquet: data/flights.parquet, sql: select * from other}

        Use instead: one of them. What a value comes from must be clear without a rule of precedence.
        """,
    ),
    Code(
        "choose-some",
        """Of several keys at least one must be given, and there is none.

        Example:

            {id: quality, metric: roc_auc}

        Use instead:

            {id: quality, metric: roc_auc, atLeast: 0.7}
        """,
    ),
    Code(
        "ambiguous-rule",
        """A rule of a gate does not say what it checks.

        One key decides the form of a rule: `metric`, `compare`, `fairness`, `perturb`, `explain`, `latency` or
        `python`; `by` beside `metric` makes it a rule about groups.
        """,
    ),
    Code("api-version", "A spec is of a version of the language that this program does not read."),
    Code(
        "missing-kind",
        """A document among the specs does not say which kind of spec it is.

        Every document has `apiVersion`, `kind`, `metadata` and `spec`.
        """,
    ),
    Code("unknown-kind", "A document is of a kind that the language does not have."),
    Code(
        "foreign-document",
        """A manifest of another system stands among the specs.

        Every document below `specs/` is a spec. Manifests that are not generated have their place beside `generated/`.
        """,
    ),
    Code(
        "duplicate-name",
        """Two specs of one kind have one name.

        Names are unique in the whole repository, whichever file or folder they stand in, since other specs refer to
        them by the name alone.
        """,
    ),
    *(_unknown(kind) for kind in KINDS),
)
