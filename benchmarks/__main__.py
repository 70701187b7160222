"""Times the compiler on the repository's own specs multiplied, and prints what others cost in the same run.

Every figure of penstock's is a whole process, from its start to its exit; the median of a few. Machines differ and
are shared, so the ratios within one run say more than the seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import review
from benchmarks.multiply import multiply
from benchmarks.others import git_status, kfp_compiler, pyyaml_dumper

SPECS_REVIEWED = 5
"""Specs of the repository with pull requests for each model of the compiled one."""
ROOT = Path(__file__).resolve().parents[1]
PENSTOCK = [sys.executable, "-m", "penstock.cli.main"]


def main() -> None:
    """Run the whole benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--models", type=int, default=1000, help="models in the large repository (default: 1000)")
    parser.add_argument("--runs", type=int, default=5, help="runs behind each median (default: 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        few = multiply(ROOT, small, options.models // 10)
        many = multiply(ROOT, large, options.models)
        print(f"{many['models']:,} models, {many['specs']:,} specs in {many['files']:,} files\n")
        row("penstock --help", median(options.runs, lambda: penstock("--help")))
        cold_small = once(lambda: penstock("compile", "--root", str(small)))
        cold = once(lambda: penstock("compile", "--root", str(large), "--timings", show=True))
        artifacts = list((large / "generated").rglob("*.yaml"))
        size = sum(p.stat().st_size for p in artifacts)
        row("cold compile", cold, f"{len(artifacts):,} files, {size / 1e6:,.0f} MB")
        row(
            "  of a tenth",
            cold_small,
            f"{few['specs']:,} specs; ten times the specs cost {cold / cold_small:.1f} times",
        )
        settle(large)
        penstock("compile", "--root", str(large))
        row("nothing changed", median(options.runs, lambda: penstock("compile", "--root", str(large))))
        edits = iter(range(1_000_000))
        row("one edit", median(options.runs, lambda: edited(large, next(edits))))
        row("check, cold", once(lambda: penstock("check", "--root", str(large))))
        pull_requests(Path(folder) / "reviewed", options.models * SPECS_REVIEWED, options.runs)
        print("\nwhat the same costs otherwise, measured now:")
        pipelines = [p for p in artifacts if p.name in ("training.yaml", "monitoring.yaml")]
        each, count = kfp_compiler(ROOT)
        row(
            "kfp's compiler",
            each * len(pipelines),
            f"{each * 1000:.0f} ms for each of {len(pipelines):,} pipelines ({count} tried)",
        )
        each, count = pyyaml_dumper(artifacts)
        row(
            "PyYAML's C dumper",
            each * len(artifacts),
            f"{each * 1000:.1f} ms for each of {len(artifacts):,} files ({count} tried)",
        )
        row("git status", git_status(large), "the same tree, after git add")


def pull_requests(root: Path, specs: int, runs: int) -> None:
    """What a plan, and a plan with its verdict, take for a pull request of a few specs and for one of many."""
    made = review.repository(ROOT, root, specs, lambda folder: penstock("compile", "--root", str(folder)))
    print(f"\npull requests on {made.specs:,} specs, with all generated files in git:")
    for branch, touched, count in ((review.FEW, made.few, runs), (review.MANY, made.many, min(runs, 3))):
        plan, verdict = review.plan_command(root, branch), review.verdict_command(root, branch)
        # The first plan must find nothing wrong; that nobody has approved yet is all that a verdict may lack.
        row(f"plan, {touched:,} specs", median(count, partial(penstock, *plan)))
        row("  and verdict", median(count, partial(penstock, *verdict, pending=True)))


def row(name: str, seconds: float, remark: str = "") -> None:
    """One line of the result."""
    print(f"{name:<20}{seconds:>9.3f} s   {remark}".rstrip(), flush=True)


def penstock(*words: str, show: bool = False, pending: bool = False) -> None:
    """Run one command as a process of its own; it must succeed, or say that approvals are missing where `pending`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run([*PENSTOCK, *words], capture_output=True, text=True, env=environment)
    if run.returncode and not (pending and run.stdout.startswith("pending:")):
        raise SystemExit(f"penstock {' '.join(words)} failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    if show:
        print(run.stderr.rstrip())


def once(work: Callable[[], None]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(runs: int, work: Callable[[], None]) -> float:
    """Median seconds of some calls, after one that is not counted."""
    work()
    return statistics.median(once(work) for _ in range(runs))


def edited(root: Path, number: int) -> None:
    """Change one bound of one rollout, and compile."""
    rollout = min(root.glob("specs/bikes-*/rollout.yaml"))
    lines = [line for line in rollout.read_text().splitlines() if not line.startswith("  # edit")]
    lines = [
        line.split("objective: 99.")[0] + f"objective: 99.{number % 80 + 10}%, window: 30d}}"
        if "availability:" in line
        else line
        for line in lines
    ]
    rollout.write_text("\n".join(lines) + "\n")
    penstock("compile", "--root", str(root))


def settle(root: Path) -> None:
    """Let every file look old enough that its stat proves that it is unchanged."""
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))


if __name__ == "__main__":
    main()
