"""Search the parameters that score best on the validation rows.

The search is a function of its inputs and nothing else. A trial's sampler is seeded by the search's seed and the
trial's number; with ``parallel: n`` the sampler suggests n trials at once, they run in n processes (or as many as there
are cores), and it hears of their results in their order. So the same `parallel` gives the same trials on any machine;
another `parallel` gives others, since the trials of a batch do not know of each other.

Results are kept in the step's scratch directory (``PENSTOCK_WORK``) as they come in. After a kill the next run asks the
sampler for the same trials again, takes the results that are there, and goes on with the first that is not. Trials are
not pruned: scikit-learn's learners have no rounds to prune after.

Samplers that learn nothing from results suggest the same trials whoever runs them: several pods run a share each, and
`gather` puts them together.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from penstock.runtime.arguments import directory, output_directory, spec
from penstock.runtime.artifacts import Splits
from penstock.runtime.faults import InputError
from penstock.runtime.learning.estimators import THREADS
from penstock.runtime.learning.inputs import refuse_other_task
from penstock.runtime.learning.samplers import Suggest, point, suggestions
from penstock.runtime.learning.trial import Bench, Task, prepare_worker, refuse_unfit, score_in_worker
from penstock.runtime.learning.trials import Score, Share, Trial, write_best, write_trials
from penstock.specs.estimator import Estimator
from penstock.specs.model import TASKS, Preprocess
from penstock.specs.search import INDEPENDENT, Search

JOURNAL_FILE = "trials.jsonl"

log = logging.getLogger(__name__)

Evaluate = Callable[[Sequence[Mapping[str, Any]]], list[Score]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--splits", type=directory, required=True, help="output of `split`")
    parser.add_argument("--selection", type=directory, help="output of `select`")
    parser.add_argument("--estimator", type=spec(Estimator), required=True, help="the model's `estimator` as JSON")
    parser.add_argument("--preprocess", type=spec(Preprocess), default=Preprocess(), help="its `preprocess` as JSON")
    parser.add_argument("--search", type=spec(Search), required=True, help="its `search` as JSON")
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0, help="seed of the learners; the sampler uses the search's own")
    parser.add_argument(
        "--share", type=Share.parse, help="K-of-N: run every N-th trial alone, from the K-th on, for `gather`"
    )
    parser.add_argument("--trials", type=output_directory, required=True, help="output directory of the trials")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    refuse_other_task(Splits.read(arguments.splits), arguments)
    search: Search = arguments.search
    task = Task(
        splits=arguments.splits,
        selection=arguments.selection,
        estimator=arguments.estimator,
        preprocess=arguments.preprocess,
        metric=str(search.maximize or search.minimize),
        task=arguments.task,
        threshold=arguments.threshold,
        seed=arguments.seed,
        point=point(search),
        threads=THREADS if search.parallel == 1 else 1,
    )
    began = time.monotonic()
    with _evaluator(task, search.parallel) as evaluate:
        scoring = _Scoring(evaluate, _Journal.in_scratch())
        trials = _search(search, scoring) if arguments.share is None else _share(search, arguments.share, scoring)
    if arguments.share is None:
        write_best(arguments.trials, search, trials)
    write_trials(arguments.trials, trials)
    log.info("%d trials in %.1f s.", len(trials), time.monotonic() - began)


def _search(search: Search, scoring: _Scoring) -> list[Trial]:
    """All trials, each batch of them suggested by what is known of the ones before."""
    trials: list[Trial] = []
    suggest: Suggest = suggestions(search)
    while len(trials) < search.trials:
        asked = suggest.ask(min(search.parallel, search.trials - len(trials)))
        if not asked:
            break  # the grid has no more points
        batch = scoring.batch(list(enumerate(asked, start=len(trials))))
        trials += batch
        suggest.tell([trial.score for trial in batch])
    return trials


def _share(search: Search, share: Share, scoring: _Scoring) -> list[Trial]:
    """A share of the trials that `_search` would make, of a sampler that learns nothing from results.

    Raises:
        InputError: the sampler does.
    """
    if search.sampler not in INDEPENDENT:
        raise InputError(f"the sampler `{search.sampler}` suggests each trial by the ones before: it has no shares")
    own = list(enumerate(suggestions(search).ask(search.trials)))[share.at - 1 :: share.of]
    starts = range(0, len(own), search.parallel)
    return [trial for start in starts for trial in scoring.batch(own[start : start + search.parallel])]


class _Scoring:
    """Scores trials, or takes the scores of an earlier run that was killed."""

    def __init__(self, evaluate: Evaluate, journal: _Journal) -> None:
        self._evaluate = evaluate
        self._journal = journal
        self._known = journal.read()

    def batch(self, numbered: Sequence[tuple[int, dict[str, Any]]]) -> list[Trial]:
        """Trials by number and parameters, scored together."""
        scores = {number: self._known[number].score for number, params in numbered if self._has(number, params)}
        fresh = [(number, params) for number, params in numbered if number not in scores]
        for (number, params), score in zip(fresh, self._evaluate([params for _, params in fresh]), strict=True):
            scores[number] = score
            self._journal.append(Trial(number, params, score))
        trials = [Trial(number, params, scores[number]) for number, params in numbered]
        for trial in trials:
            _report(trial)
        return trials

    def _has(self, number: int, params: Mapping[str, Any]) -> bool:
        return number in self._known and self._known[number].params == params


def _report(trial: Trial) -> None:
    words = f"{trial.score:.6g}" if isinstance(trial.score, float) else f"failed: {trial.score}"
    log.info("Trial %d: %s with %s", trial.number, words, json.dumps(trial.params))


@contextmanager
def _evaluator(task: Task, parallel: int) -> Iterator[Evaluate]:
    """What scores a batch of parameters: this process, or some of its own."""
    from joblib import cpu_count  # unlike Python's own, it knows the limits of a container

    if parallel == 1:
        bench = Bench(task)
        yield lambda batch: [bench.score(params) for params in batch]
        return
    refuse_unfit(task)
    workers = min(parallel, cpu_count())
    # A fork of a process that has used OpenMP or Arrow's threads may hang, so workers start afresh.
    with ProcessPoolExecutor(workers, get_context("spawn"), prepare_worker, (task,)) as pool:

        def scored(batch: Sequence[Mapping[str, Any]]) -> list[Score]:
            try:
                return list(pool.map(score_in_worker, batch))
            except BrokenProcessPool:
                raise InputError(
                    f"a process of the search was killed, possibly out of memory, while {workers} trials ran in "
                    "parallel: raise the model's `resources.memory`, or lower `search.parallel`"
                ) from None

        yield scored


class _Journal:
    """The results that came in, a line each; nowhere if there is no scratch directory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @classmethod
    def in_scratch(cls) -> _Journal:
        """The journal in the directory that the variable PENSTOCK_WORK names."""
        scratch = os.environ.get("PENSTOCK_WORK")
        return cls(Path(scratch) / JOURNAL_FILE if scratch else None)

    def read(self) -> dict[int, Trial]:
        """The results by number of the trial; a line that a kill cut off does not count."""
        if self._path is None or not self._path.exists():
            return {}
        found: dict[int, Trial] = {}
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                found_trial = Trial(**json.loads(line))
            except (ValueError, TypeError):
                continue
            found[found_trial.number] = found_trial
        log.info("%d trials of an earlier run are reused if they come up again.", len(found))
        return found

    def append(self, trial: Trial) -> None:
        """Keep a result."""
        if self._path is None:
            return
        line = json.dumps({"number": trial.number, "params": trial.params, "score": trial.score})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
