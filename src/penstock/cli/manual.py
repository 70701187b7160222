"""The manual of every diagnostic, from all rooms that report some."""

from __future__ import annotations

from penstock.catalog.codes import LOADING
from penstock.checks.rules import all_rules
from penstock.diagnostics.codes import WARNS, Code, code_table
from penstock.review.policy.codes import CODES as POLICY
from penstock.source.codes import CODES as TEXT
from penstock.verification.codes import CODES as VERIFICATION

COMPILING = (
    Code(
        "ignored-field",
        """A target would ignore a field, or refuse it, in this environment.

        What it does: asks each target what it would do with the plan that it gets.

        Why: KServe ignores a share of the traffic outside of its Knative mode, without a word. A field that is written
        and not obeyed is worse than one that is not there.

        Use instead: what the help names, or another target or version in the Environment.
        """,
    ),
    Code(
        "custom-step",
        """A step of one's own cannot be put among the steps of the training pipeline.

        What it does: looks up the names in `after` and `before`, compares the names of steps, and looks for circles. In
        a command, `{{` is refused: the cluster would take it for a placeholder.

        Use instead: the names of steps as they stand in `training.yaml`, such as `split`, `train` or `gate-release`.
        """,
    ),
    Code(
        "patch-without-target",
        """A patch names a manifest that is not generated.

        What serves a model is generated once something is released. Until then a patch on it waits without a word, and
        is an error only where no release would bring its kind and name about.

        Use instead: the kind and the name of a manifest as they stand in `generated/`.
        """,
    ),
    Code(
        "patch-does-not-fit",
        """A patch cannot be applied to its manifest.

        A `test` of RFC 6902 fails, or a path leads nowhere. Look at the manifest in `generated/` and write the path as
        it stands there.
        """,
    ),
)

REVIEWING = (
    Code(
        "not-compiled",
        """A model or a rollout does not compile, so that a review cannot say what a change does to it.

        What cannot be compiled is never taken for unchanged. `penstock compile` on the same commit shows the mistake.
        """,
    ),
    Code(
        "autoscaler-conflict",
        """A Rollout that serves goes over from scaling by cpu or memory to scaling by requests.

        KEDA scales by requests, and refuses what a HorizontalPodAutoscaler scales. In Standard mode KServe leaves the
        old one when it makes the new object; beside Argo Rollouts it is taken away last. Until it is gone the copies
        are scaled as before.

        Use instead: delete the HorizontalPodAutoscaler of the endpoint once the change is applied.
        """,
        WARNS,
    ),
    Code(
        "base-unreadable",
        """What a pull request would be merged into is broken itself, so that it cannot be compared.

        Whatever of it cannot be read counts as changed, with the highest risk. It is no error: a pull request that
        mends the base must be able to be merged, after which it is gone.
        """,
        WARNS,
    ),
    Code(
        "canary-rollback-surge",
        """A Release replaces the version of a canary that is under way in KServe's Knative mode.

        Knative sends traffic to the newest revision that is ready and to the last one that had all of it. Another
        version is one revision more, and until its pods are ready the canary is the newest one: what should take its
        share away gives it everything.

        Use instead: patch `spec.predictor.canaryTrafficPercent` of the InferenceService to 0 first, go back with that
        patch, and take it out when the pods of the version before are ready.
        """,
        WARNS,
    ),
    Code(
        "irregular-file",
        """A symbolic link or a submodule stands in or below `specs/` or `generated/`.

        What it leads to can be changed without a change here, and the review reads none of it, while whoever applies
        the folder follows the link, or takes the submodule along. Put the file itself there, or remove it.
        """,
    ),
    Code(
        "merge-conflict",
        """Merging would leave conflicts, so there is no result to judge.

        A review judges what the base would hold after the merge. Merge or rebase onto the base, settle the conflicts,
        and push.
        """,
    ),
)

CODES = code_table(TEXT, LOADING, (rule.code for rule in all_rules()), COMPILING, REVIEWING, POLICY, VERIFICATION)
"""Every code with its page, by name."""
