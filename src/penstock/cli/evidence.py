"""``penstock evidence``: the signed statements that releases rest on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog, id_of
from penstock.cli.main import OK, PROBLEMS, WRONG_USE
from penstock.cli.repository import NoRepositoryError, add_root, find_root
from penstock.review.rendering.text_safety import log_line
from penstock.specs.release import Release

KEY_VARIABLE = "PENSTOCK_EVIDENCE_KEY"
_KEY_DAYS = 365


class _UsageError(Exception):
    """What was asked for cannot be done; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the commands below this one."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = commands.add_parser("show", help="what a release's evidence says")
    verify = commands.add_parser("verify", help="whether the evidence of releases verifies")
    sign = commands.add_parser("sign", help="sign the evidence of releases, and write its digest into them")
    sign.add_argument("--key-id", required=True, metavar="ID", help="name of the key in the approval policy")
    sign.add_argument(
        "--key", type=Path, metavar="FILE", help=f"private key as PEM; by default the text of ${KEY_VARIABLE}"
    )
    for command in (show, verify, sign):
        command.add_argument("releases", nargs="*", metavar="RELEASE", help="names of releases (default: all)")
        add_root(command)
    verify.add_argument(
        "--base", metavar="REV", help="commit whose policy names the keys (default: the specs as they lie here)"
    )
    keygen = commands.add_parser("keygen", help="make a key; prints what the approval policy says of it")
    keygen.add_argument("--key-id", required=True, metavar="ID", help="name of the key")
    keygen.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the private key is written")


def run(options: argparse.Namespace) -> int:
    """Run the chosen command."""
    from penstock.source.git import GitError

    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "show": _show,
        "verify": _verify,
        "sign": _sign,
        "keygen": _keygen,
    }
    try:
        return actions[options.action](options)
    except (NoRepositoryError, _UsageError, GitError) as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        print(f"error: {error.name} is missing: signatures need the extra `review`", file=sys.stderr)
        return WRONG_USE


def _show(options: argparse.Namespace) -> int:
    from penstock.review.evidence.statements import StatementError, parse_statement
    from penstock.source.envelope import EnvelopeError, read_envelope

    root = find_root(options)
    failed = False
    for release in _releases(load_work_tree(root), options.releases):
        path = release.spec.evidence.path
        try:
            data = (root / path).read_bytes()
            envelope = read_envelope(data)
            statement = parse_statement(data if envelope is None else envelope.payload)
        except (OSError, EnvelopeError, StatementError) as error:
            failed = True
            print(log_line(f"error: Release/{release.name}: {path}: {error}"), file=sys.stderr)
            continue
        signers = ", ".join(one.key_id for one in envelope.signatures) if envelope is not None else ""
        predicate = statement.predicate
        lines = [
            f"Release/{release.name}: {path}",
            f"  model    {statement.model} {statement.digest}",
            f"  specs    {predicate.specs}",
            *(f"  data     {name} {digest}" for name, digest in sorted(predicate.datasets.items())),
            f"  made     {predicate.created.isoformat()}",
            f"  signed   {f'names the key {signers}' if signers else 'not'}",
        ]
        for gate in predicate.gates:
            outcomes = ", ".join(f"{rule.id} {rule.outcome}" for rule in gate.rules)
            lines.append(f"  gate     {gate.gate} {'passed' if gate.passed else 'said no'}: {outcomes}")
        print("\n".join(map(log_line, lines)))
    return PROBLEMS if failed else OK


def _verify(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_commit
    from penstock.review.evidence.keys import KeySet
    from penstock.review.evidence.verify import verify
    from penstock.review.policy.resolve import resolve_policy
    from penstock.source.git import GitRepository

    root = find_root(options)
    catalog = load_work_tree(root)
    base = catalog if options.base is None else load_commit(GitRepository.find(root), options.base)
    keys = KeySet.of(resolve_policy(base).keys)
    bad = 0
    for release in _releases(catalog, options.releases):
        found = verify(catalog, release, keys, datetime.now(UTC))
        bad += found.state != "valid"
        print(log_line(f"{found.state:<10} Release/{release.name}: {'; '.join(found.reasons)}"))
    return PROBLEMS if bad else OK


def _sign(options: argparse.Namespace) -> int:
    from penstock.review.evidence.dsse import KeyFileError, sign
    from penstock.review.evidence.statements import StatementError, parse_statement
    from penstock.source.canonical import bytes_digest
    from penstock.source.envelope import EnvelopeError, read_envelope

    root = find_root(options)
    catalog = load_work_tree(root)
    private = _private_key(options)
    paths = {release.spec.evidence.path for release in _releases(catalog, options.releases)}
    for path in sorted(paths):
        try:
            data = (root / path).read_bytes()
            envelope = read_envelope(data)
            payload = data if envelope is None else envelope.payload
            parse_statement(payload)
            earlier = envelope.signatures if envelope is not None else ()
            signed = sign(payload, private, options.key_id, earlier=earlier).as_bytes()
        except (OSError, EnvelopeError, StatementError, KeyFileError) as error:
            raise _UsageError(f"{path}: {error}") from None
        users = [one for one in _releases(catalog, []) if one.spec.evidence.path == path]
        strangers = [one.name for one in users if one.spec.evidence.digest != bytes_digest(data)]
        if strangers:
            raise _UsageError(f"{path} is not the file whose digest Release/{strangers[0]} carries: promote it again")
        files = {catalog.span(id_of(one)).path for one in users}
        for file in sorted(files):
            text = (root / file).read_text(encoding="utf-8")
            (root / file).write_text(text.replace(bytes_digest(data), bytes_digest(signed)), encoding="utf-8")
        (root / path).write_bytes(signed)
        print(log_line(f"signed {path}, and wrote its digest into {', '.join(sorted(files))}"))
    return OK


def _keygen(options: argparse.Namespace) -> int:
    from penstock.review.evidence.dsse import new_key

    pair = new_key()
    try:
        handle = os.open(options.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _UsageError(f"{options.out} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(pair.private_pem)
    now = datetime.now(UTC).replace(microsecond=0)
    print(f"# The private key is in {options.out}: keep it in a secret store, and delete the file.")
    print("# This goes into the ApprovalPolicy, under spec.keys.evidence:")
    print(f"- id: {options.key_id}")
    print(f"  ed25519: {pair.public}")
    print(f'  from: "{now.isoformat()}"')
    print(f'  until: "{(now + timedelta(days=_KEY_DAYS)).isoformat()}"')
    return OK


def _private_key(options: argparse.Namespace) -> bytes:
    if options.key is None:
        text = os.environ.get(KEY_VARIABLE, "")
        if not text:
            raise _UsageError(f"name the private key by --key, or set {KEY_VARIABLE} to its text")
        return text.encode()
    try:
        return bytes(options.key.read_bytes())
    except OSError as error:
        raise _UsageError(f"{options.key} cannot be read: {error.strerror}") from None


def _releases(catalog: Catalog, names: list[str]) -> list[Release]:
    known = {release.name: release for release in catalog.view(None).all(Release)}
    unknown = [name for name in names if name.removeprefix("Release/") not in known]
    if unknown:
        raise _UsageError(f"there is no release `{unknown[0]}`; there is {', '.join(sorted(known)) or 'none'}")
    return [known[name.removeprefix("Release/")] for name in names] if names else list(known.values())
