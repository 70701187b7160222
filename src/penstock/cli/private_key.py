"""The private key that a command signs with: from a file, or from the environment, and never shown."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

KEY_VARIABLE = "PENSTOCK_EVIDENCE_KEY"


class NoKeyError(Exception):
    """There is no key to sign with; the message says how to name one."""


def add_key(parser: argparse.ArgumentParser) -> None:
    """The option `--key`."""
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help=f"PEM file with the private key (default: the text of ${KEY_VARIABLE})"
    )


def private_key(options: argparse.Namespace) -> bytes:
    """The key's text. NoKeyError where none is named, or the file cannot be read."""
    if options.key is None:
        text = os.environ.get(KEY_VARIABLE, "")
        if not text:
            raise NoKeyError(f"pass the private key with --key, or set {KEY_VARIABLE} to its PEM text")
        return text.encode()
    try:
        return bytes(options.key.read_bytes())
    except OSError as error:
        raise NoKeyError(f"{options.key} cannot be read: {error.strerror}") from None
