"""What KServe deletes before its successor is ready, or refuses to change, which a plan says."""

from __future__ import annotations

import pytest

from penstock.diagnostics.model import Diagnostic, Severity
from review.releases import NEW, OLD, OLDER, add_release
from review.repositories import Repository

KNATIVE = ('kserve: {version: "0.21", gatewayNamespace: gateways}', 'kserve: {version: "0.21", mode: Knative}')
GAP, REFUSED = "predictor-gap", "predictor-refused"


def warned(repository: Repository) -> list[Diagnostic]:
    return [found for found in repository.plan().errors if found.severity is Severity.WARNING]


def served(repository: Repository, text: str, *changes: tuple[str, str]) -> None:
    """Commit a Release, with the specs changed."""
    change(repository, *changes)
    repository.write("specs/release.yaml", text)
    repository.commit()


def change(repository: Repository, *changes: tuple[str, str]) -> None:
    for old, new in changes:
        text = repository.read("specs/system.yaml")
        assert old in text
        repository.write("specs/system.yaml", text.replace(old, new))


LAST = 2
RELEASES = {
    "reverted after the canary": (add_release(NEW, OLD), add_release(OLD, OLDER), "no"),
    "to a version that was never a canary": (add_release(OLD), add_release(NEW), "no"),
    "the end of the canary reverted": (add_release(NEW, OLD), add_release(NEW, OLD, 1), "only 25% of its"),
    "reverted to the step that has all traffic": (add_release(NEW, OLD), add_release(NEW, OLD, LAST), None),
    "to another amid a canary": (add_release(NEW, OLD, 0), add_release(OLDER), "no"),
    "back amid a canary": (add_release(NEW, OLD, 0), add_release(OLD, OLDER), None),
    "on amid a canary": (add_release(NEW, OLD, 0), add_release(NEW, OLD, 1), None),
    "to the end of a canary": (add_release(NEW, OLD, LAST), add_release(NEW, OLD), None),
    "a canary begins": (add_release(OLD), add_release(NEW, OLD, 0), None),
    "back through a canary": (add_release(NEW, OLD), add_release(OLD, NEW, LAST), None),
}


@pytest.mark.parametrize(("before", "after", "answered"), RELEASES.values(), ids=RELEASES)
def test_pods_that_go_before_others_are_ready_are_told_of(
    repository: Repository, before: str, after: str, answered: str | None
) -> None:
    served(repository, before)
    repository.branch()
    served(repository, after)
    found = warned(repository)
    assert [each.code for each in found] == ([GAP] if answered else [])
    for each in found:
        until = "until the pods of another version are ready"
        assert each.headline == f"`delay-online` in production answers {answered} requests {until}"
        assert each.primary is not None
        assert each.primary.span.path == "specs/release.yaml"
        assert f"penstock promote delay --to production --version N --step {LAST}" in each.help[0]


@pytest.mark.parametrize("text", [add_release(OLD, OLDER), add_release(NEW, OLD, 1)], ids=["reverted", "a step back"])
def test_one_deployment_for_all_versions_is_updated_pod_by_pod(repository: Repository, text: str) -> None:
    system = repository.read("specs/system.yaml")
    strategy = system[system.index("  strategy:") : system.index("  slos:")]
    served(repository, add_release(NEW, OLD), (strategy, ""))
    repository.branch()
    served(repository, text.replace("  step: 1\n", ""))
    assert warned(repository) == []


def test_knative_keeps_what_serves_until_the_next_is_ready(repository: Repository) -> None:
    served(repository, add_release(NEW, OLD), KNATIVE)
    repository.branch()
    served(repository, add_release(OLD, OLDER))
    assert warned(repository) == []


@pytest.mark.parametrize(
    ("adds", "patch"),
    [
        (True, "json: [{op: remove, path: /spec/predictor/name}]"),
        (False, "merge: {spec: {predictor: {name: vaaaaaaaa}}}"),
    ],
    ids=["added", "removed"],
)
def test_a_strategy_that_would_rename_the_running_predictor_is_told_of_unless_a_patch_keeps_its_name(
    repository: Repository, adds: bool, patch: str
) -> None:
    system = repository.read("specs/system.yaml")
    strategy = system[system.index("  strategy:") : system.index("  slos:")]
    served(repository, add_release(NEW, OLD), *([(strategy, "")] if adds else []))
    repository.branch()
    served(repository, add_release(NEW, OLD), ("  slos:\n", f"{strategy}  slos:\n") if adds else (strategy, ""))
    (found,) = warned(repository)
    assert found.code == REFUSED
    assert found.headline == "KServe refuses the change of `delay-online` in production until it serves another version"
    written = f"{{kind: InferenceService, name: delay-online, {patch}}}"
    assert f"`{written}`" in found.help[0]
    change(repository, ("  slos:\n", f"  patches: [{written}]\n  slos:\n"))
    repository.commit()
    assert warned(repository) == []


def test_a_version_that_comes_with_a_strategy_needs_both_a_canary_and_the_old_name(repository: Repository) -> None:
    system = repository.read("specs/system.yaml")
    strategy = system[system.index("  strategy:") : system.index("  slos:")]
    served(repository, add_release(OLD), (strategy, ""))
    repository.branch()
    served(repository, add_release(NEW, OLD), ("  slos:\n", f"{strategy}  slos:\n"))
    (found,) = warned(repository)
    assert found.code == GAP
    assert "--step 2" in found.help[0]
    assert "/spec/predictor/name" in found.help[1]


def test_another_deployment_mode_is_told_of_once_for_each_that_serves(repository: Repository) -> None:
    served(repository, add_release(NEW, OLD))
    repository.branch()
    served(repository, add_release(NEW, OLD), KNATIVE)
    (found,) = warned(repository)
    assert found.code == REFUSED
    assert found.headline == "KServe refuses to move `delay-online` in production from Standard to Knative mode"
    assert found.primary is not None
    assert found.primary.span.path == "specs/system.yaml"


FOUR = ("min: 2, max: 4", "min: 4, max: 8")
STEPS = (
    "[{weight: 5%}, {weight: 25%}, {weight: 100%}]",
    "[{weight: 5%}, {weight: 25%}, {weight: 50%}, {weight: 100%}]",
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1, 3, "gives 100% of the traffic to 1 of 4 replicas"),
        (1, None, "gives 100% of the traffic to 1 of 4 replicas"),
        (0, 1, None),
        (1, 2, None),
        (2, 3, None),
        (3, None, None),
        (3, 0, None),
    ],
)
def test_traffic_that_moves_before_its_pods_have_started_is_told_of(
    repository: Repository, before: int, after: int | None, told: str | None
) -> None:
    served(repository, add_release(NEW, OLD, before), FOUR, STEPS)
    repository.branch()
    served(repository, add_release(NEW, OLD, after))
    found = warned(repository)
    assert [each.code for each in found] == (["predictor-overload"] if told else [])
    for each in found:
        assert each.headline == f"`delay-online` in production {told} until the others have started"
