"""Put the trials of a search together that several pods have made, and choose the best."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable

from penstock.runtime.arguments import by_name, named_directory, output_directory, spec
from penstock.runtime.faults import InputError
from penstock.runtime.learning.trials import Share, read_trials, write_best, write_trials
from penstock.specs.search import Search

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "--share",
        action="append",
        type=named_directory,
        required=True,
        help="K-of-N=PATH, output of `search`",
    )
    parser.add_argument("--search", type=spec(Search), required=True, help="the model's `search` as JSON")
    parser.add_argument("--trials", type=output_directory, required=True, help="output directory of the trials")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    shares = by_name(arguments.share, "--share")
    _refuse_a_part(shares)
    trials = sorted((trial for path in shares.values() for trial in read_trials(path)), key=lambda trial: trial.number)
    if not trials or [trial.number for trial in trials] != list(range(len(trials))):
        raise InputError(f"the trials of the shares {', '.join(shares)} are not those of one search")
    write_best(arguments.trials, arguments.search, trials)
    write_trials(arguments.trials, trials)
    log.info("%d trials of %d pods.", len(trials), len(shares))


def _refuse_a_part(names: Iterable[str]) -> None:
    """A share that is missing may be the last one, so that the numbers of trials do not show it."""
    try:
        given = [Share.parse(name) for name in names]
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--share: {error}") from None
    wanted = [Share(at, given[0].of) for at in range(1, given[0].of + 1)]
    if sorted(given) != wanted:
        missing = [str(one) for one in wanted if one not in given]
        what = f"{', '.join(missing)} is missing" if missing else f"not all of them are of {given[0].of}"
        raise InputError(f"the shares {', '.join(map(str, given))} do not make up one search: {what}")
