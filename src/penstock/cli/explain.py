"""``penstock explain``: where each value at an address comes from, the fields of a kind, a diagnostic, or all codes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.output import show
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.diagnostics.columns import neutral

if TYPE_CHECKING:
    from penstock.catalog.model import Catalog, View
    from penstock.catalog.origins import Origin
    from penstock.specs.addresses import Address

_WIDEST_VALUE = 60


class _UsageError(Exception):
    """What was asked for is not there; the message says what is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "subject",
        nargs="?",
        metavar="ADDRESS|KIND|CODE",
        help="an address such as `Gate/release.rules[quality]`, a kind or a field of it such as `Gate.rules`, or a "
        "diagnostic's code such as `label-leak`",
    )
    parser.add_argument(
        "--codes", action="store_true", help="list the codes of all diagnostics, with what each reports"
    )
    parser.add_argument("--environment", metavar="NAME", help="environment whose overrides apply")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")
    add_root(parser)


def run(options: argparse.Namespace) -> int:
    """Explain an address, a field or a code, or list the codes."""
    if options.codes == (options.subject is not None):
        from penstock.specs.kinds import KINDS

        print("error: give exactly one of: an address, a kind, a diagnostic code, --codes", file=sys.stderr)
        print(f"hint: the kinds are {', '.join(KINDS)}", file=sys.stderr)
        return WRONG_USE
    if options.environment is not None and "/" not in (options.subject or ""):
        print("error: --environment belongs to the address of a spec, such as `Gate/release.rules`", file=sys.stderr)
        return WRONG_USE
    if options.codes:
        return _list_codes(options.format)
    try:
        if "/" not in options.subject and options.subject == options.subject.lower():
            return _explain_code(options.subject, options.format)
        if "/" not in options.subject:
            return _explain_field(options.subject, options.format)
        return _explain_address(options.subject, options.environment, options.format, find_root(options))
    except (NoRepositoryError, _UsageError) as error:
        print(neutral(f"error: {error}"), file=sys.stderr)
        return WRONG_USE


def _list_codes(form: str) -> int:
    from penstock.cli.manual import CODES

    severities = {page: [severity.value for severity in page.severities] for page in CODES.values()}
    if form == "json":
        _print_json(
            [{"code": page.name, "severities": found, "summary": page.summary} for page, found in severities.items()]
        )
        return OK
    rows = [(page.name, ", ".join(found), page.summary) for page, found in severities.items()]
    name, severity = (max(len(row[column]) for row in rows) for column in (0, 1))
    for row in rows:
        print(f"{row[0]:<{name}}  {row[1]:<{severity}}  {row[2]}")
    return OK


def _explain_code(name: str, form: str) -> int:
    from penstock.cli.manual import CODES

    page = CODES.get(name)
    if page is None:
        raise _UsageError(f"there is no diagnostic `{name}`{_meant_instead(name, CODES)}")
    if form == "json":
        _print_json(
            {
                "code": page.name,
                "severities": [severity.value for severity in page.severities],
                "summary": page.summary,
                "manual": page.manual,
            }
        )
    else:
        print(f"{page.name}\n\n{page.manual}")
    return OK


def _meant_instead(name: str, codes: Iterable[str]) -> str:
    """What may be meant by a subject in small letters that is no code: a kind or its field, a code, a spec."""
    from penstock.cli.language import BESIDE
    from penstock.diagnostics.suggest import did_you_mean, meant_or_known
    from penstock.specs.kinds import KINDS

    head, dot, keys = name.partition(".")
    kind = {kind.lower(): kind for kind in KINDS}.get(head.replace("-", ""))
    if kind is not None:
        return f"; did you mean `{kind}{dot}{keys}`?"
    if head in BESIDE:
        return f"; did you mean `{next(iter(KINDS))}.{name}`, which all kinds have alike?"
    begun = [code for code in codes if code.startswith(f"{name}-")]
    return meant_or_known(begun or did_you_mean(name, codes)) or f"; a spec is written with its kind: `Kind/{name}`"


def _explain_field(text: str, form: str) -> int:
    from penstock.cli.language import NoFieldError, as_data, as_text, find

    try:
        place = find(text)
    except NoFieldError as error:
        raise _UsageError(str(error)) from None
    if form == "json":
        _print_json(as_data(place))
    else:
        print(as_text(place), end="")
    return OK


def _explain_address(text: str, environment: str | None, form: str, root: Path) -> int:
    from penstock.catalog.load import load_work_tree
    from penstock.catalog.model import SpecId
    from penstock.catalog.origins import origins
    from penstock.diagnostics.suggest import meant_or_known
    from penstock.specs.addresses import Address, AddressError

    try:
        address = Address.parse(text)
    except AddressError as error:
        raise _UsageError(str(error)) from None
    catalog = load_work_tree(root)
    _require(catalog, address, environment)
    spec_id = SpecId(address.kind, address.name)
    overridden = catalog.overridden(spec_id, environment)
    if overridden is None or overridden.resource is None:
        show(overridden.diagnostics if overridden is not None else catalog.problems(spec_id), root, "text")
        return PROBLEMS
    found = origins(catalog.view(environment), address)
    if found is None:
        lacking = text.removeprefix(str(address.spec)).lstrip(".")
        hint = meant_or_known(*_beside(catalog.view(environment), address))
        raise _UsageError(f"`{address.spec}` has no `{lacking}`{hint}")
    if form == "json":
        _print_json(
            {"address": str(address), "environment": environment, "values": [_plain(origin) for origin in found]}
        )
    else:
        _print_table(address, found)
    return OK


def _require(catalog: Catalog, address: Address, environment: str | None) -> None:
    """_UsageError where the spec or the environment does not exist."""
    from penstock.catalog.model import SpecId
    from penstock.diagnostics.suggest import did_you_mean, meant_or_known
    from penstock.specs.kinds import KINDS

    if environment is not None and environment not in catalog.environments():
        near = did_you_mean(environment, catalog.environments())
        raise _UsageError(f"there is no environment `{environment}`{meant_or_known(near, catalog.environments())}")
    if catalog.document(SpecId(address.kind, address.name)) is None:
        near = did_you_mean(str(address.spec), [str(spec_id) for spec_id in catalog.ids()])
        if address.kind not in KINDS and not near:
            hint = meant_or_known(did_you_mean(address.kind, KINDS), KINDS)
            raise _UsageError(f"there is no kind `{address.kind}`{hint}")
        hint = meant_or_known(near, [str(spec_id) for spec_id in catalog.ids(address.kind)])
        raise _UsageError(f"there is no spec `{address.spec}`{hint}")


def _beside(view: View, address: Address) -> tuple[list[str], list[str]]:
    """What may be meant by an address that leads nowhere, and all that stands where it leaves the spec."""
    from penstock.catalog.origins import origins
    from penstock.diagnostics.suggest import did_you_mean

    found, depth = None, len(address.parts)
    while found is None and depth:
        depth -= 1
        above = replace(address, parts=address.parts[:depth])
        found = origins(view, above)
    parts = (origin.address.parts for origin in found or ())
    beside = dict.fromkeys(below[depth] for below in parts if len(below) > depth)
    whole = {part.strip(".[]"): f"{''.join(address.parts[:depth])}{part}".removeprefix(".") for part in beside}
    near = did_you_mean(address.parts[depth].strip(".[]"), whole)
    return [whole[word] for word in near], list(whole.values())


def _print_table(address: Address, found: list[Origin]) -> None:
    """Aligned columns: the address, the value, where it comes from."""
    rows = []
    for origin in found:
        below = str(origin.address).removeprefix(str(address)) or "(itself)"
        rows.append((neutral(below.removeprefix(".")), _value(origin.value), _place(origin)))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else [0, 0]
    print(neutral(str(address)))
    for name, value, place in rows:
        print(f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {place}".rstrip())
    if len(found) == 1 and found[0].description:
        print(f"\n{found[0].description}")


def _place(origin: Origin) -> str:
    place = f"{origin.span.path}:{origin.span.line}" if origin.span is not None else ""
    return {
        "spec": place,
        "override": f"{place} (override)",
        "removed": f"{place} (removed by the override)",
        "default": "default",
        "unset": "not set",
    }[origin.by]


def _value(value: Any) -> str:
    text = (
        "-" if value is None else value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    )
    text = neutral(" ".join(text.split()))
    return text if len(text) <= _WIDEST_VALUE else f"{text[: _WIDEST_VALUE - 1]}…"


def _plain(origin: Origin) -> dict[str, Any]:
    return {
        "address": str(origin.address),
        "value": origin.value,
        "origin": origin.by,
        "path": origin.span.path if origin.span is not None else None,
        "line": origin.span.line if origin.span is not None else None,
        "description": origin.description,
    }


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
