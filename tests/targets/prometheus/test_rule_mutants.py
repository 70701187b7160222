"""What somebody gets wrong in a rule the tests notice that are generated beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from lowering.rollouts import BY_HAND, BY_ITSELF, ONLINE, changed
from penstock.ir.monitoring import RuleFile
from penstock.targets.prometheus.target import PLAIN_FILE, TESTS_FILE
from targets.prometheus_rules import alone, nothing_asked, plan, run, write


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("another rollout", 'name="flight-delay-online"', 'name=~"flight-delay-online.*"'),
        ("a scrape that renames the namespace", " or rollout_info{", " or rollout_information{"),
        ("a release that has ended well", 'phase=~"Abort|', 'phase=~"Completed|Abort|'),
        ("a canary that is taken back", 'phase=~"Abort|', 'phase=~"'),
        ("a release that ended in time", 'phase=~"Paused|', 'phase=~"Completed|Paused|'),
        ("a step that is still held", "for: 3h", "for: 5h"),
        ("a step that is held too long", "for: 3h", "for: 1h"),
        ("another namespace", ',namespace="ml-prod"', ""),
        ("another namespace under another name", ',exported_namespace="ml-prod"', ""),
    ],
)
def test_the_tests_of_releases_notice(what: str, old: str, new: str, promtool: Path, tmp_path: Path) -> None:
    write(plan(nothing_asked(BY_ITSELF)), tmp_path)
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")
    assert run(promtool, "test", "rules", TESTS_FILE, at=tmp_path).returncode == 1, what


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        ("failures beside successes", "> 0", "> 1000"),
        ("three failures", "> 4", "> 1"),
        ("failures that are not counted", 'status_code=~"5.."', 'status_code=~"4.."'),
    ],
)
def test_the_tests_of_what_nobody_asked_for_notice(
    what: str, old: str, new: str, promtool: Path, tmp_path: Path
) -> None:
    write(plan(nothing_asked(BY_HAND)), tmp_path)
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")
    assert run(promtool, "test", "rules", TESTS_FILE, at=tmp_path).returncode == 1, what


def begun(tests: str) -> RuleFile:
    """The tests whose name begins so, with the rules that they look at."""
    rules = plan()
    return alone(rules, (test for test in rules.tests if test.name.startswith(tests)))


@pytest.fixture(scope="module")
def passing(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bool]:
    """Whether some of the tests pass on the rules as they are, which is asked once for each."""

    @functools.cache
    def answer(tests: str) -> bool:
        folder = tmp_path_factory.mktemp("sound")
        write(begun(tests), folder)
        return run(promtool, "test", "rules", TESTS_FILE, at=folder).returncode == 0

    return answer


@pytest.mark.parametrize(
    ("tests", "what", "old", "new"),
    [
        ("availability: a burst", "a bound ten times as high", "> (14.4 * 0.001)", "> (144 * 0.001)"),
        (
            "availability: burns its budget at 1.02%",
            "another bound ten times as high",
            "> (6 * 0.001)",
            "> (60 * 0.001)",
        ),
        ("availability: a quiet day", "a ticket's bound ten times as high", "> (3 * 0.001)", "> (30 * 0.001)"),
        (
            "latency: burns its budget at 2%",
            "another ticket's bound ten times as high",
            "> (1 * 0.01)",
            "> (10 * 0.01)",
        ),
        (
            "availability: burns its budget fast",
            "failures that are not counted",
            'status_code=~"5.."',
            'status_code=~"4.."',
        ),
        ("availability: three bad", "three bad requests of few", "> 4", "> 1"),
        ("availability: six bad", "six bad requests of few", "> 4", "> 7"),
        ("latency: three bad", "three slow requests of few", "> 4", "> 1"),
        (
            "availability: burns its budget fast",
            "requests of another rollout",
            f'rollout="{ONLINE}",path',
            f'rollout=~"{ONLINE}.*",path',
        ),
        (
            "availability: burns its budget fast",
            "requests of another namespace",
            'namespace="ml-prod",rollout',
            "rollout",
        ),
        ("availability: burns its budget fast", "what asks whether the model is ready", "path=~", "path!~"),
        (
            "availability: three bad",
            "successes that are counted as failures",
            ',status_code=~"5.."}[1h]))\n',
            "}[1h]))\n",
        ),
        (
            "latency: burns its budget fast",
            "requests of another rollout",
            f'rollout="{ONLINE}",path',
            f'rollout=~"{ONLINE}.*",path',
        ),
        ("availability: burns its budget fast", "the wrong severity", "severity: page", "severity: ticket"),
        ("latency: burns its budget fast", "another bucket", 'le="0.1"', 'le="0.25"'),
        (
            "reachable: no pod answers any more",
            "pods that need not answer",
            "[5m])) or vector(0)) < 0.5",
            "[5m])) or vector(0)) < 0",
        ),
        (
            "reachable: a pod answers intermittently",
            "pods that answer once in an hour",
            "[5m])) or vector(0)) < 0.5",
            "[5m])) or vector(0)) == 0",
        ),
        ("reachable: no pod is scraped any more", "pods that are gone", " or vector(0)) < 0.5", ") < 0.5"),
        ("latency: the bucket is there", "a bucket that is not there", "unless count(", "unless absent("),
        (
            "latency: other buckets",
            "the buckets of another rollout",
            'path=~".+/infer|/invocations",le="0.1"})',
            'le="0.1"})',
        ),
        ("reachable: one of two pods", "a pod that never answers beside one that does", "[15m])) < 0.5", "[15m])) < 0"),
        ("reachable: no pod answers any more", "one pod of none that answer", "and on () max(", "and on () count("),
        (
            "reachable: no pod answers any more",
            "pods of another rollout",
            f'rollout="{ONLINE}"}}[5m]',
            f'rollout=~"{ONLINE}.*"}}[5m]',
        ),
        ("reachable: no pod answers any more", "pods of another namespace", 'up{namespace="ml-prod",', "up{"),
        (
            "reachable: no pod answers any more",
            "a pod that is gone for a moment",
            "    for: 5m\n    keep_firing_for: 10m",
            "    keep_firing_for: 10m",
        ),
        ("drift inputs: beyond", "a bound that nothing passes", ">= 3", ">= 6"),
        (
            "drift inputs: within",
            "drift of another environment",
            'penstock_drift_breaches{environment="production",',
            "penstock_drift_breaches{",
        ),
        (
            "quality ranking: within",
            "quality of another rollout",
            f',rollout="{ONLINE}",monitor="ranking",metric',
            ',monitor="ranking",metric',
        ),
        (
            "monitoring: runs in time, beside an older value",
            "another rollout's pipeline",
            f'_seconds{{environment="production",model="flight-delay",rollout="{ONLINE}"}})',
            '_seconds{environment="production",model="flight-delay"})',
        ),
        ("quality ranking: beyond", "a figure compared the wrong way", "< 0.62", "> 0.62"),
        ("labels ranking: beyond", "too few labels that are enough", "< 2000", "< 200"),
        ("quality ranking unmeasured: too few", "too few labels that are enough", ">= 2000", ">= 200"),
        (
            "quality ranking unmeasured: labels and a value",
            "a value that is there",
            "unless on (monitor)",
            "unless on (metric)",
        ),
        (
            "quality ranking unmeasured: labels alone",
            "another rollout's value",
            f'model="flight-delay",rollout="{ONLINE}",monitor="ranking"}})\n    for',
            'model="flight-delay",monitor="ranking"})\n    for',
        ),
        ("monitoring: last", "a pipeline that may stop for a year", "> 172800", "> 31536000"),
        ("custom metric queue: beyond", "another series", "(boarding_queue)", "(boarding_line)"),
        (
            "custom metrics: queue has a value",
            "a custom metric that may be gone",
            "absent(count((boarding_queue)",
            "absent(count((up)",
        ),
        (
            "custom metrics: queue is not a number",
            "a custom metric of 0 / 0",
            "absent(count((boarding_queue) >= -Inf))",
            "absent(boarding_queue)",
        ),
    ],
)
def test_the_tests_notice(
    tests: str, what: str, old: str, new: str, passing: Callable[[str], bool], promtool: Path, tmp_path: Path
) -> None:
    write(begun(tests), tmp_path)
    assert passing(tests)
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")
    assert run(promtool, "test", "rules", TESTS_FILE, at=tmp_path).returncode == 1, what
