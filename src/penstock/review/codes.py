"""The manual pages of what a review says of a change, and of the unit tests of a policy."""

from __future__ import annotations

from penstock.diagnostics.codes import WARNS, Code

POLICY_TEST = "policy-test"

REVIEWING = (
    Code(
        "not-compiled",
        """A model or a rollout does not compile, so a review cannot say what a change does to it.

        What cannot be compiled is never treated as unchanged. `penstock compile` on the same commit shows the mistake.
        """,
    ),
    Code(
        "autoscaler-conflict",
        """A Rollout that serves traffic switches from scaling by cpu or memory to scaling by requests.

        KEDA scales by requests, and rejects a workload that a HorizontalPodAutoscaler scales. In Standard mode KServe
        keeps the old autoscaler when it creates the new object; with Argo Rollouts it is deleted last. Until it is
        gone, the replicas are scaled as before.

        Use instead: delete the endpoint's HorizontalPodAutoscaler once the change is applied.
        """,
        WARNS,
    ),
    Code(
        "base-unreadable",
        """The base of a pull request is itself broken, so it cannot be compared.

        Whatever cannot be read counts as changed, with the highest risk. It is not an error: a pull request that fixes
        the base must be mergeable, and the warning is gone after that.
        """,
        WARNS,
    ),
    Code(
        "canary-rollback-surge",
        """A Release replaces the version of a running canary in KServe's Knative mode.

        Knative sends traffic to the newest ready revision and to the last one that had all of it. Another version is
        one more revision, and until its pods are ready the canary is the newest ready one: the rollback that should
        remove its share sends it all traffic.

        Use instead: first patch `spec.predictor.canaryTrafficPercent` of the InferenceService to 0, roll back with that
        patch, and remove it when the pods of the previous version are ready.
        """,
        WARNS,
    ),
    Code(
        "changed-inputs",
        """A Release serves a version that reads what the version before it does not.

        Callers send the features, and the version that is served now never asked for these. A request without a column
        that a version reads fails, be it a number or a text. In a canary both versions answer at the same address, so
        no request may leave out what only one of them reads. What a version does not read, it ignores.

        Use instead: let the callers send the new inputs beside the former ones first. They can leave out the former
        ones when no version that reads them may be served again.
        """,
        WARNS,
    ),
    Code(
        "frozen-route",
        """The timeout of a Rollout that serves traffic with Argo Rollouts changes, and Argo CD may not apply it.

        Argo CD has to ignore the weights of the HTTPRoute, which the traffic plugin writes. What it ignores within a
        list it leaves as it is with the whole list, so that the timeout beside the weights never changes: Argo CD goes
        on reporting a difference, and a successful sync. With `kubectl apply` there is no such problem.

        Use instead: once the change is applied, change the route as well, with the `kubectl patch` that the warning
        shows.
        """,
        WARNS,
    ),
    Code(
        "irregular-file",
        """There is a symbolic link or a submodule in or below `specs/` or `generated/`.

        Its target can change without a change here, and the review reads none of it, while tools that apply the folder
        follow the link or check out the submodule. Put the file itself there, or remove it.
        """,
    ),
    Code(
        "merge-conflict",
        """Merging would conflict, so there is no result to review.

        A review evaluates what the base would hold after the merge. Merge the base, resolve the conflicts, and
        push. Conflicts in `generated/` need no resolving: `penstock compile` writes the files of both sides anew.
        """,
    ),
    Code(
        "predictor-gap",
        """A Release of KServe in Standard mode leaves traffic to a version that has no pods yet.

        With a canary strategy each version has a Deployment of its own. KServe deletes the one that the
        InferenceService no longer names, and does not wait until the other is ready: nothing answers until it is. That
        is what reverting a Release does once its canary is complete.

        Use instead: go back through a canary, which gets its traffic when its pods are ready: `penstock promote` with
        `--version N --step LAST`, then `--complete`.
        """,
        WARNS,
    ),
    Code(
        "predictor-overload",
        """A canary of KServe in Standard mode gets more than twice the traffic that its replicas are for.

        Its replicas are its share of the minimum. KServe takes a canary for ready when one of them is, so that a step
        moves the traffic at once, and the replicas for it start afterwards: from 25% to 100% of four replicas, one of
        them gets all requests until three others have loaded the model.

        Use instead: steps that at most double the share.
        """,
        WARNS,
    ),
    Code(
        "predictor-refused",
        """KServe's webhook rejects what a change makes of an InferenceService that is already there.

        In Standard mode a canary strategy names the predictors, and a predictor can be renamed only together with its
        model: adding or removing the strategy is rejected until the next version. The deployment mode of an
        InferenceService can never be changed. Until then it is served as before, and whatever applies the manifests
        reports an error.

        Use instead: keep the predictor's name by the patch that the warning shows. To change the mode, delete the
        InferenceService, or serve the rollout from another Environment first.
        """,
        WARNS,
    ),
    Code(
        "repeated-canary",
        """A change of an Environment sends rollouts through their canaries again, with the version that serves.

        For Argo Rollouts any other template of pods is a new revision. An image, a model store or a secret of an
        Environment is in the pods of all its endpoints, so all of them begin at once, through every step, hold and
        analysis; a canary that waits for somebody waits for them again.

        Use instead: nothing, if that is meant; it is how a new image is tried. Apply it while no other version is on
        its way, since a Release meanwhile begins from the first step.
        """,
        WARNS,
    ),
    Code(
        "replicas-reset",
        """A Rollout that serves traffic with Argo Rollouts switches from a fixed number of replicas to an autoscaler.

        Its manifest no longer says `replicas`, so that the autoscaler and what applies the manifest do not overwrite
        each other. Argo Rollouts takes a missing number for one: all other replicas stop at once, and start again when
        the autoscaler raises the number to its minimum.

        Use instead: let Argo CD ignore `/spec/replicas` of this Rollout while the change is applied; with
        `kubectl apply`, first remove the number from what was applied last (`kubectl apply edit-last-applied`).
        """,
        WARNS,
    ),
    Code(
        "target-switch",
        """A Rollout that serves traffic moves to another `serve.target`.

        When the change is applied, what the old target serves is deleted, and the new one still has to start its pods;
        callers need another host name as well. Both targets name an HTTPRoute after the Rollout: the one of KServe is
        deleted with its InferenceService, or, where nothing prunes, two controllers go on writing it.

        Use instead: a second Rollout of another name with the new target; two targets may serve the same model. Remove
        the first one when its callers have moved.
        """,
        WARNS,
    ),
    Code(
        "voided-evidence",
        """A change of the policy's keys voids the evidence of a Release.

        The key that signed it is revoked, removed, or no longer valid at the time of the signature. The Release goes on
        serving, because nothing else changes it; a later change of it, and a rollback to it, will not be approved.

        Use instead: nothing, if the key may have leaked. Then sign the statements with another key, whose `from` is
        before they were made (`penstock evidence sign`, which also updates the digests in the Release), or release
        another version.
        """,
        WARNS,
    ),
    Code(
        POLICY_TEST,
        """A unit test of the approval policy fails, or the policies cannot be read as one.

        What it does: makes each change that a test of an ApprovalPolicy gives, in memory: the value `before` and the
        value `after` at an `address` of this repository; `null` means none, and a missing key the present value. The
        review then evaluates it, with its indirect effects, and the state and the matching rules are compared with the
        expected ones. `author`, `approvedBy`, `labels` and `evidence` (of a Release) say who did what; `stage` and
        `riskTier` replace what the change reaches. If no `evidence` is given, that of a Release is missing, because a
        test promotes nothing. Tests that fail for the same cause are reported together.

        Why: a policy may not do what its authors meant. A test states the intention a second time.

        Example:

            tests:
              - name: a-lower-bound-needs-risk
                given: {address: "Gate/release.rules[quality].atLeast", before: 0.7, after: 0.6}
                expect: {state: pending, rules: [gate]}

        Use instead: correct the rule or the expectation, whichever is wrong; give each rule its own id.
        """,
    ),
)
