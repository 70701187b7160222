"""``penstock evidence``: shows, verifies and signs the statements that releases are based on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog, id_of
from penstock.catalog.repository import WorkTree
from penstock.cli.main import OK, PROBLEMS, WRONG_USE, add_command, lacks
from penstock.cli.private_key import NoKeyError, add_key, private_key
from penstock.cli.repository import NoRepositoryError, add_root, find_git, find_root
from penstock.diagnostics.grammar import counted
from penstock.review.rendering.text_safety import log_line
from penstock.specs.base import Slug
from penstock.specs.release import Release

if TYPE_CHECKING:
    from penstock.review.evidence.keys import KeySet
    from penstock.source.attestations.gates import RuleOutcome

_KEY_DAYS = 365
_LINKS = ("gates", "promotion")
"""What a release names: the statement of its gates, and that of its promotion."""


class _UsageError(Exception):
    """What was asked for cannot be done; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the commands below this one."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = add_command(commands, "show", "show the gate and promotion statements of a release")
    verify = add_command(commands, "verify", "verify the evidence of releases, link by link")
    sign = add_command(
        commands, "sign", "sign the statements of releases, and update their digests in the Release specs"
    )
    sign.add_argument("--key-id", required=True, metavar="ID", help="name of the key in the approval policy")
    sign.add_argument("--only", choices=_LINKS, help="sign only the gate statements, or only the promotion statements")
    add_key(sign)
    for command in (show, verify, sign):
        command.add_argument("releases", nargs="*", metavar="RELEASE", help="names of releases (default: all)")
        add_root(command)
    verify.add_argument(
        "--base",
        metavar="REV",
        help="commit whose policy lists the keys, and whose versions are replaced (default: the working tree's policy)",
    )
    keygen = add_command(commands, "keygen", "generate a key, and print its entry for the approval policy")
    keygen.add_argument("--key-id", type=_key_id, required=True, metavar="ID", help="name of the key")
    keygen.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write the private key to")


def run(options: argparse.Namespace) -> int:
    """Run the chosen command."""
    from penstock.source.git.call import GitError

    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "show": _show,
        "verify": _verify,
        "sign": _sign,
        "keygen": _keygen,
    }
    try:
        return actions[options.action](options)
    except (NoRepositoryError, NoKeyError, _UsageError, GitError) as error:
        print(log_line(f"error: {error}"), file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        print(lacks(error, "signatures need", "review"), file=sys.stderr)
        return WRONG_USE


@dataclass(frozen=True, slots=True)
class _Named:
    """A file that a release names as proof."""

    link: str
    path: str
    digest: str


def _named(release: Release) -> Iterator[_Named]:
    spec = release.spec
    yield _Named("gates", spec.evidence.path, spec.evidence.digest)
    if spec.promotion is not None:
        yield _Named("promotion", spec.promotion.path, spec.promotion.digest)


def _show(options: argparse.Namespace) -> int:
    from penstock.source.attestations.statement import StatementError
    from penstock.source.envelope import EnvelopeError, read_envelope

    root = find_root(options)
    failed = False
    for release in _releases(load_work_tree(root), options.releases):
        print(log_line(f"Release/{release.name}"))
        for named in _named(release):
            try:
                data = _bytes_of(root, named.path)
                envelope = read_envelope(data)
                rows = _rows(named.link, data if envelope is None else envelope.payload)
            except (_UsageError, EnvelopeError, StatementError) as error:
                failed = True
                print(log_line(f"error: Release/{release.name}: {named.path}: {error}"), file=sys.stderr)
                continue
            signers = ", ".join(signature.key_id for signature in envelope.signatures) if envelope is not None else ""
            signed = f"names the key {signers}" if signers else "not"
            lines = [f"  {named.link}: {named.path}", *_table([*rows, ("signed", signed)])]
            print("\n".join(map(log_line, lines)))
        if release.spec.promotion is None:
            print("  promotion: the release names no promotion statement")
    return PROBLEMS if failed else OK


def _bytes_of(root: Path, path: str) -> bytes:
    """What a statement's file holds; _UsageError where it is no plain file of the repository."""
    data = WorkTree(root).read(path)
    if data is None:
        raise _UsageError(
            "no such regular file in the repository; symbolic links are not followed: put the file itself there"
        )
    return data


def _rows(link: str, payload: bytes) -> list[tuple[str, str]]:
    """What a statement says. StatementError where it is not one of its kind."""
    from penstock.source.attestations.gates import parse_gates
    from penstock.source.attestations.promotion import parse_promotion

    if link == "promotion":
        promotion = parse_promotion(payload)
        of = promotion.of
        return [
            ("model", f"{of.model} {of.digest}"),
            ("release", f"{of.release} {of.content}"),
            ("gates", promotion.gates),
            ("rollout", f"{of.rollout} in {of.environment}"),
            ("traffic", "all of it" if of.step is None else f"step {of.step} of the canary"),
            ("replaces", of.previous or "nothing"),
            ("from", f"{promotion.origin.kind} {promotion.origin.name}"),
            ("made", f"{promotion.created.isoformat()} by penstock {promotion.engine}"),
        ]
    statement = parse_gates(payload)
    predicate = statement.predicate
    rows = [("model", f"{statement.model} {statement.digest}"), ("specs", predicate.specs)]
    rows += [("data", f"{name} {digest}") for name, digest in sorted(predicate.datasets.items())]
    rows.append(("made", predicate.created.isoformat()))
    on_rows = f", on {counted(predicate.evaluation.rows, 'test row')}" if predicate.evaluation.rows is not None else ""
    for gate in predicate.gates:
        rows.append(("gate", f"{gate.gate} {'passed' if gate.passed else 'failed'}{on_rows}"))
        rows += [("", f"  {line}") for rule in gate.rules for line in _judged(rule)]
    return rows


def _judged(rule: RuleOutcome) -> Iterator[str]:
    """What was decided of a rule: a line for each figure, with what it was held against."""
    if not rule.figures:
        yield f"{rule.outcome}  {rule.id}{f': {rule.skipped}' if rule.skipped else ''}"
    for judged in rule.figures:
        yield f"{judged.outcome}  {rule.id}: {judged.text}"


def _table(rows: list[tuple[str, str]]) -> Iterator[str]:
    for name, text in rows:
        yield f"    {name:<8} {text}"


def _verify(options: argparse.Namespace) -> int:
    from penstock.catalog.load import load_commit
    from penstock.review.evidence.keys import KeySet
    from penstock.review.evidence.verify import verify
    from penstock.review.policy.resolve import resolve_policy

    root = find_root(options)
    catalog = load_work_tree(root)
    base = load_commit(find_git(root), options.base) if options.base is not None else None
    keys = KeySet.of(resolve_policy(base or catalog).keys)
    bad = 0
    for release in _releases(catalog, options.releases):
        evidence = verify(catalog, release, keys, datetime.now(UTC), base=base)
        bad += evidence.state != "valid"
        print(log_line(f"{evidence.state:<10} Release/{release.name}"))
        for found in evidence.findings:
            print(log_line(f"  {found.state:<10} {found.of:<9}  {'; '.join(found.reasons)}"))
    return PROBLEMS if bad else OK


def _sign(options: argparse.Namespace) -> int:
    from penstock.review.evidence.keys import KeySet
    from penstock.review.policy.resolve import resolve_policy

    root = find_root(options)
    catalog = load_work_tree(root)
    private = private_key(options)
    keys = KeySet.of(resolve_policy(catalog).keys)
    chosen = _releases(catalog, options.releases)
    links = {
        (named.path, named.link)
        for release in chosen
        for named in _named(release)
        if options.only in (None, named.link)
    }
    # Of several that are signed together, none is where verification would refuse one of them.
    doubts = {_doubt(root, path, private, options.key_id, keys) for path, _ in sorted(links)} - {""}
    for path, link in sorted(links):
        files = _sign_file(root, catalog, path, link, private, options.key_id)
        print(log_line(f"signed {path}, and wrote its digest into {', '.join(files)}"))
    for doubt in sorted(doubts):
        print(log_line(f"warning: {doubt}"), file=sys.stderr)
    return OK


def _doubt(root: Path, path: str, private: bytes, key_id: str, keys: KeySet) -> str:
    """Why the signature would count for nothing yet, by the policy as it lies here; empty where it would count."""
    from penstock.review.evidence.dsse import KeyFileError
    from penstock.review.evidence.signing import WorthlessSignatureError, doubt
    from penstock.source.attestations.statement import StatementError
    from penstock.source.envelope import EnvelopeError, payload_of

    try:
        return doubt(keys, payload_of(_bytes_of(root, path)), private, key_id)
    except (_UsageError, EnvelopeError, StatementError, KeyFileError, WorthlessSignatureError) as error:
        raise _UsageError(f"{path}: {error}") from None


def _sign_file(root: Path, catalog: Catalog, path: str, link: str, private: bytes, key_id: str) -> list[str]:
    """Sign one statement, and write its new digest into every release that names it; the files of those."""
    from penstock.review.evidence.dsse import KeyFileError, sign
    from penstock.source.attestations.statement import StatementError
    from penstock.source.canonical import bytes_digest
    from penstock.source.envelope import EnvelopeError, read_envelope

    try:
        data = _bytes_of(root, path)
        envelope = read_envelope(data)
        payload = data if envelope is None else envelope.payload
        _rows(link, payload)
        earlier = envelope.signatures if envelope is not None else ()
        signed = sign(payload, private, key_id, earlier=earlier).as_bytes()
    except (_UsageError, EnvelopeError, StatementError, KeyFileError) as error:
        raise _UsageError(f"{path}: {error}") from None
    before, after = bytes_digest(data), bytes_digest(signed)
    users = [(release, named) for release in _releases(catalog, []) for named in _named(release) if named.path == path]
    # Signatures are the same each time, so that one that was interrupted after it had named the digest goes on.
    strangers = [release.name for release, named in users if named.digest not in (before, after)]
    if strangers:
        raise _UsageError(f"{path} does not have the digest that Release/{strangers[0]} names: promote it again")
    files = sorted({catalog.span(id_of(release)).path for release, _ in users})
    for file in files:
        text = (root / file).read_bytes()
        _put(root / file, text, text.replace(before.encode(), after.encode()))
    _put(root / path, data, signed)
    return files


def _put(file: Path, before: bytes, after: bytes) -> None:
    from penstock.source.writing.rewrite import rewrite

    try:
        written = rewrite(file, before, after)
    except OSError as error:
        raise _UsageError(f"{file} cannot be written: {error.strerror}") from None
    if not written:
        raise _UsageError(f"{file} has changed in the meantime: sign again")


def _key_id(text: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Slug).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(
            f"expected lower-case letters, digits and `-`, from a letter to a letter or digit, not `{text}`"
        ) from None


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
    print(f"# The private key is in {options.out}: move it to a secret store and delete the file.")
    repository = next((above for above in options.out.resolve().parents if (above / ".git").exists()), None)
    if repository is not None:
        print(
            f"warning: {options.out} lies in the git repository {repository}: take it out before anything is committed "
            "there; whoever has read it can sign evidence until it is revoked",
            file=sys.stderr,
        )
    print(
        "# Add this to the ApprovalPolicy under spec.keys.evidence. The key is valid for statements made between `from`"
    )
    print("# and `until`: to sign an older statement, set `from` to the time of that statement or earlier.")
    print(f"- id: {options.key_id}")
    print(f"  ed25519: {pair.public}")
    print(f'  from: "{now.isoformat()}"')
    print(f'  until: "{(now + timedelta(days=_KEY_DAYS)).isoformat()}"')
    return OK


def _releases(catalog: Catalog, names: list[str]) -> list[Release]:
    known = {release.name: release for release in catalog.view(None).all(Release)}
    unknown = [name for name in names if name.removeprefix("Release/") not in known]
    if unknown:
        raise _UsageError(f"there is no release `{unknown[0]}`; known: {', '.join(sorted(known)) or 'none'}")
    return [known[name.removeprefix("Release/")] for name in names] if names else list(known.values())
