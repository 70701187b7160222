"""The manual of every diagnostic, from all packages that report some."""

from __future__ import annotations

from penstock.catalog.codes import LOADING
from penstock.checks.rules import all_codes
from penstock.diagnostics.codes import Code, code_table
from penstock.review.codes import REVIEWING
from penstock.source.reading.codes import READING
from penstock.source.writing.codes import WRITING
from penstock.verification.codes import CODES as VERIFICATION

COMPILING = (
    Code(
        "ignored-field",
        """A target would ignore a field, or reject it, in this environment.

        What it does: asks each target what it would do with the plan that it gets.

        Why: a field that is set and has no effect is worse than a missing one. KServe's Standard mode before 0.21, for
        example, starts the pods of a canary and sends them no traffic, without an error.

        Use instead: what the help names, or another target or version in the Environment.
        """,
    ),
    Code(
        "custom-step",
        """A custom step cannot be placed among the steps of the training pipeline.

        What it does: looks up the names in `after` and `before`, compares the names of steps, and looks for cycles. In
        a command, `{{` is rejected: the cluster would take it for a placeholder.

        Use instead: step names from `training.yaml`, such as `split`, `train` or `gate-release`.
        """,
    ),
    Code(
        "patch-without-target",
        """A patch names a manifest that is not generated.

        Serving manifests are generated only once a version is released. Until then a patch of one waits silently; it is
        an error only if no release would generate its kind and name.

        Use instead: the kind and the name of a manifest in `generated/`.
        """,
    ),
    Code(
        "patch-does-not-fit",
        """A patch cannot be applied to its manifest.

        A `test` operation (RFC 6902) fails, or a path does not exist. Look at the manifest in `generated/` and correct
        the path.
        """,
    ),
)

CODES = code_table(READING, WRITING, LOADING, all_codes(), COMPILING, REVIEWING, VERIFICATION)
"""Every code with its page, by name."""
