"""Point 17: what an environment sees in the place of a spec is reached, judged and counted like the spec itself."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from penstock.review.model import Direction, Grown
from review.repositories import Documents, Repository, at, direct, indirect


def _serve_another_in_production(documents: Documents) -> None:
    other = deepcopy(documents["Model", "delay"])
    other["metadata"]["name"] = "late"
    other["overrides"] = {"production": {"card": {"riskTier": "high"}}}
    gate = deepcopy(documents["Gate", "delay-release"])
    gate["metadata"]["name"] = "late-release"
    gate["spec"]["model"] = "late"
    documents["Model", "late"], documents["Gate", "late-release"] = other, gate
    documents["Rollout", "delay-online"]["overrides"] = {"production": {"model": "late", "gate": "late-release"}}


def test_a_model_that_only_an_override_serves_reaches_its_rollout(repository: Repository) -> None:
    repository.edit(_serve_another_in_production)
    repository.commit()
    plan = repository.changed(
        lambda documents: documents["Model", "late"]["spec"]["estimator"].update(params={"max_iter": 3})
    )
    [change] = [one for one in plan.changes if str(one.address).startswith("Model/late.estimator")]
    assert plan.impacts[change.fingerprint].rollouts == ("delay-online",)
    assert "production" in plan.impacts[change.fingerprint].stages
    assert indirect(plan, "Rollout/delay-online")


def test_a_risk_tier_that_an_environment_raises_counts(repository: Repository) -> None:
    repository.edit(_serve_another_in_production)
    repository.commit()
    plan = repository.changed(lambda documents: documents["Gate", "late-release"]["spec"]["rules"].pop())
    change = at(plan, "Gate/late-release.rules[regions]")
    assert change.direction is Direction.LOOSENED
    assert plan.impacts[change.fingerprint].risk_tiers == ("medium", "high")


def test_an_environment_that_an_override_adds_is_reached(repository: Repository) -> None:
    def widen(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["spec"]["environments"] = ["staging"]
        documents["Rollout", "delay-online"]["overrides"] = {"production": {"environments": ["staging", "production"]}}

    repository.edit(widen)
    repository.commit()
    plan = repository.changed(
        lambda documents: documents["Model", "delay"]["spec"]["estimator"].update(params={"max_iter": 3})
    )
    [change] = indirect(plan, "Rollout/delay-online")
    assert change.environments == ("staging", "production")


def test_a_value_that_every_environment_overrides_is_said_to_be_hidden(repository: Repository) -> None:
    def copies(least: int) -> Callable[[Documents], None]:
        def edit(documents: Documents) -> None:
            rollout = documents["Rollout", "delay-online"]
            rollout["spec"]["serve"]["replicas"] = {"min": least, "max": 4, "metric": "cpu", "target": 70}
            own = {"serve": {"replicas": {"min": 3}}}
            rollout["overrides"] = {"staging": own, "production": own}

        return edit

    repository.edit(copies(3))
    repository.commit()
    plan = repository.changed(copies(2))
    change = at(plan, "Rollout/delay-online.serve.replicas.min")
    assert (change.direction, change.environments) == (Direction.LOOSENED, ())
    assert change.why.endswith("lowering it increases risk; overrides hide it in every environment")


def test_two_values_that_become_one_are_two_changes(repository: Repository) -> None:
    """Who approves the one has not seen the other."""
    boosting = "sklearn.ensemble.HistGradientBoostingClassifier"
    forest, logistic = "sklearn.ensemble.RandomForestClassifier", "sklearn.linear_model.LogisticRegression"

    def ends_with(everywhere: str, in_production: str) -> Callable[[Documents], None]:
        def edit(documents: Documents) -> None:
            documents["Model", "delay"]["spec"]["estimator"] = {"class": everywhere}
            documents["Model", "delay"]["overrides"] = {"production": {"estimator": {"class": in_production}}}

        return edit

    repository.edit(ends_with(boosting, forest))
    repository.commit()
    plan = repository.changed(ends_with(logistic, logistic))
    found = [one for one in direct(plan) if str(one.address) == "Model/delay.estimator.class"]
    assert {(one.before, one.after, one.environments) for one in found} == {
        (boosting, logistic, ("staging",)),
        (forest, logistic, ("production",)),
    }


def test_a_step_that_an_override_advances_grows_by_its_points(repository: Repository) -> None:
    def release(step: int) -> str:
        digest = "sha256:" + "a" * 64
        return (
            "apiVersion: penstock/v1\nkind: Release\nmetadata: {name: delay-online-production, owner: flight-ml}\n"
            f'spec:\n  rollout: delay-online\n  environment: production\n  version: {{digest: "{digest}"}}\n'
            f'  specs: "{digest}"\n  datasets: {{}}\n  evidence: {{path: evidence/a.json, digest: "{digest}"}}\n'
            f'  previous: {{digest: "sha256:{"b" * 64}"}}\n  step: 0\n'
            f"overrides: {{production: {{step: {step}}}}}\n"
        )

    repository.write("specs/release.yaml", release(0))
    repository.commit()
    repository.branch()
    repository.write("specs/release.yaml", release(1))
    repository.commit()
    assert at(repository.plan(), "Release/delay-online-production.step").grew == Grown(20, "points")
