"""``penstock schema``: JSON Schemas of the language, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from penstock.cli.main import OK, WRONG_USE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("kind", nargs="?", metavar="KIND", help="one kind (default: all kinds in one schema)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write `schema.json`, and a `KIND.schema.json` for each kind, into this folder",
    )


def run(options: argparse.Namespace) -> int:
    """Print a schema, or write all of them."""
    from penstock.diagnostics.grammar import counted
    from penstock.diagnostics.suggest import did_you_mean
    from penstock.source.private_folder import make_private
    from penstock.specs.kinds import KINDS
    from penstock.specs.schema import combined_schema, kind_schema

    if options.kind is not None and options.kind not in KINDS:
        guesses = did_you_mean(options.kind, KINDS) or list(KINDS)
        words = " or ".join(f"`{kind}`" for kind in guesses)
        print(f"error: there is no kind `{options.kind}`; write {words}", file=sys.stderr)
        return WRONG_USE
    if options.out is None:
        schema = kind_schema(options.kind) if options.kind is not None else combined_schema()
        print(json.dumps(schema, indent=2))
        return OK
    kinds = [options.kind] if options.kind is not None else list(KINDS)
    files = {f"{kind}.schema.json": kind_schema(kind) for kind in kinds}
    if options.kind is None:
        files["schema.json"] = combined_schema()
    try:
        make_private(options.out.absolute())
        for name, schema in sorted(files.items()):
            (options.out / name).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        print(f"error: `{options.out}` cannot be written: {error.strerror}", file=sys.stderr)
        return WRONG_USE
    print(f"{counted(len(files), 'schema')} in {options.out}")
    if "schema.json" in files:
        print(_for_editors(options.out / "schema.json"))
    return OK


def _for_editors(schema: Path) -> str:
    """What makes the YAML language server use the schema: it looks for none by itself."""
    place = schema.as_posix()
    from_specs = place if schema.is_absolute() else f"../{place}"
    setting = json.dumps({"yaml.schemas": {place: "specs/**/*.yaml"}})
    return (
        f"in VS Code, with its YAML extension, put into .vscode/settings.json:\n  {setting}\n"
        f"in another editor, at the head of each document in specs/:\n  # yaml-language-server: $schema={from_specs}"
    )
