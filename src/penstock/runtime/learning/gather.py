"""Put the trials of a search together that several pods have made, and choose the best."""

from __future__ import annotations

import argparse
import logging

from penstock.runtime.arguments import by_name, named_directory, output_directory, spec
from penstock.runtime.faults import InputError
from penstock.runtime.learning.trials import read_trials, write_best, write_trials
from penstock.specs.search import Search

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "--share", action="append", type=named_directory, required=True, help="k/n=PATH, output of `search` of a share"
    )
    parser.add_argument("--search", type=spec(Search), required=True, help="the model's `search` as JSON")
    parser.add_argument("--trials", type=output_directory, required=True, help="output directory of the trials")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    shares = by_name(arguments.share, "--share")
    trials = sorted((trial for path in shares.values() for trial in read_trials(path)), key=lambda trial: trial.number)
    numbers = [trial.number for trial in trials]
    if numbers != list(range(len(trials))):
        missing = sorted(set(range(max(numbers, default=0) + 1)) - set(numbers))
        what = f"trial {missing[0]} is in none of them" if missing else "a trial is in two of them"
        raise InputError(f"the shares {', '.join(shares)} do not make up one search: {what}")
    write_best(arguments.trials, arguments.search, trials)
    write_trials(arguments.trials, trials)
    log.info("%d trials of %d pods.", len(trials), len(shares))
