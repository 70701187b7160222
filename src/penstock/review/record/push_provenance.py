"""Who pushed the branch of a record: what it remembers of a pull request counts where the review alone wrote it.

Whoever may push to the branch could add a line that follows from the one before it, and says of an approval that it was
given for something else; or take one away that knows of a hold. The chain shows neither. The forge saw who pushed.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.identity import Identity
from penstock.forges.github.pushes import Move, read_moves
from penstock.forges.github.shape import Shape
from penstock.review.record.log import RecordSubject, last_about, read
from penstock.review.record.stores import BranchStore, RecordError

_ATTEMPTS = 4


def require_only_own_pushes(
    client: GitHubClient, identity: Identity, store: BranchStore, subject: RecordSubject
) -> None:
    """RecordError unless everything that the record says of a pull request was pushed by the token's own account.

    A branch that is gone may have said anything of it.

    All moves of the branch since the pull request was opened count: before that, nothing was to be said of it.
    """
    repository, number, _ = subject
    tip = store.tip()
    opened = Shape(client.get(f"/repos/{repository}/pulls/{number}"), "the pull request")["created_at"].instant()
    if tip is None:
        if any(move.at >= opened for move in read_moves(client, repository, store.branch, opened)):
            raise RecordError(
                f"the branch {store.branch} was there after #{number} was opened, and is gone, so it is unknown what "
                "was approved and held: restore it, or open a new pull request with the same commits"
            )
        return
    moves = _moves_to(client, store, repository, tip, opened)
    if any(newer.before != older.after for newer, older in pairwise(moves)):
        raise RecordError(f"GitHub does not show every push to {store.branch}: run again in a minute")
    recent = [move for move in moves if move.at >= opened]
    stranger = next((move.actor for move in recent if not identity.is_author(move.actor)), None)
    if stranger is not None:
        raise RecordError(
            f"{stranger.login or 'somebody'} pushed to {store.branch} after #{number} was opened, so it is unknown "
            "what was approved and held: let only the review update that branch, and open a new pull request "
            "with the same commits"
        )
    start = recent[-1].before if recent else tip
    if start.strip("0") and last_about(read(store.log_at(start)), subject) is not None:
        raise RecordError(
            f"{store.branch} had entries about #{number} before it was opened: open a new one with the same commits"
        )


def _moves_to(client: GitHubClient, store: BranchStore, repository: str, tip: str, since: datetime) -> tuple[Move, ...]:
    """The moves that led to the commit, newest first, back to the last one before `since`."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            client.wait(2.0**attempt)
        moves = read_moves(client, repository, store.branch, since)
        # Other reviews go on writing meanwhile.
        led = next((index for index, move in enumerate(moves) if move.after == tip), None)
        if led is not None:
            return moves[led:]
    raise RecordError(f"GitHub does not show who pushed {tip[:12]} to {store.branch} yet: run again in a minute")
