"""Copy a model's files from the store to a directory that a server loads, and check their digest."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from penstock.runtime.registry.store import MODEL, ModelStore

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--digest", required=True, help="digest that the files must have")
    parser.add_argument("--model-store", required=True, help="address of the model store")
    parser.add_argument("--target", type=Path, required=True, help="output directory, created with the files")


def run(arguments: argparse.Namespace) -> None:
    """Run the step."""
    target = arguments.target.resolve()
    ModelStore.open(arguments.model_store).fetch(arguments.model, arguments.digest, MODEL, target)
    log.info("`%s` %s is in %s.", arguments.model, arguments.digest, target)
