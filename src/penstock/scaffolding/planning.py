"""From what somebody asked for and what a file holds to the system that is written: or why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from penstock.diagnostics.grammar import counted, listed
from penstock.diagnostics.suggest import did_you_mean, meant_or_known
from penstock.runtime.profiling.model import ColumnProfile, Profile
from penstock.scaffolding.columns import Key, possible_keys, roles, surrogate, unnameable
from penstock.scaffolding.documents import System
from penstock.scaffolding.refusal import RefusalError
from penstock.scaffolding.target import possible_targets, target_of
from penstock.specs.metrics import Task

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for."""

    path: str
    """Of the file, from the repository's root."""
    name: str
    owner: str
    target: str | None
    ids: tuple[str, ...] = ()
    time: str | None = None
    task: Task | None = None

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The keys that may tell rows apart: those that were named, alone and then with the time."""
        time = (self.time,) if self.time is not None else ()
        return tuple(key for key in dict.fromkeys((self.ids, (*self.ids, *time))) if key)


def plan(request: Request, profile: Profile) -> System:
    """The system to write.

    Raises:
        RefusalError: what was asked for is not in the file, or no model can be made of it.
    """
    if len(profile.columns) == 1:
        raise RefusalError(
            f"`{request.path}` has one column, `{profile.columns[0].name}`, and so none to predict it from; columns "
            f"are parted by commas, semicolons, tabs or bars"
        )
    if request.target is None:
        raise RefusalError(_which_target(profile))
    target = target_of(_column(profile, request.target, "--target"), profile.rows, request.task)
    if request.time is not None:
        _refuse_other_time(profile, _column(profile, request.time, "--time"))
    for name in request.ids:
        _column(profile, name, "--id")
    key = _key(request, profile)
    if request.target in (*key.columns, request.time):
        raise RefusalError(f"`{request.target}` is the target, so it cannot be the key or the time of the rows, too")
    found = roles(profile, target, key, request.time)
    return System(request.name, request.owner, request.path, profile, target, key, request.time, found)


def refuse_unknown(request: Request, names: Iterable[str]) -> None:
    """A `RefusalError` for a column that was named, and that the file does not have."""
    known = list(names)
    named = (("--target", request.target), *(("--id", each) for each in request.ids), ("--time", request.time))
    for option, name in named:
        if name == "":
            raise RefusalError(f"{option} needs the name of a column; give one to those of `{request.path}` without")
        if name is not None and name not in known:
            have = meant_or_known(did_you_mean(name, known), known[:_MOST_LISTED])
            raise RefusalError(f"{option}: `{request.path}` has no column `{name}`{have}")


def _column(profile: Profile, name: str, option: str) -> ColumnProfile:
    found = profile.column(name)
    if found is None:
        raise RefusalError(f"{option}: there is no column `{name}`")
    if reason := unnameable(found):
        raise RefusalError(f"{option}: the column `{name}` {reason}")
    return found


def _which_target(profile: Profile) -> str:
    """Which columns a model could predict, since none was named."""
    found = possible_targets(profile)
    if not found:
        return "--target is missing, and no column could be predicted: each is a text, a time or one value alone"
    width = max(len(each.column.name) for each in found[:_MOST_LISTED])
    lines = [f"  --target {each.column.name:<{width}}  {each.words}" for each in found[:_MOST_LISTED]]
    more = [f"  and {counted(len(found) - _MOST_LISTED, 'more column')}"] if len(found) > _MOST_LISTED else []
    return "\n".join(["--target is missing: which column is to be predicted?", *lines, *more])


def _refuse_other_time(profile: Profile, column: ColumnProfile) -> None:
    """A `RefusalError` for a column by which rows cannot be split in time."""
    times = [each.name for each in profile.columns if each.newest is not None and not each.missing]
    instead = f"; these columns are: {listed(times)}" if times else "; no column of the file is one"
    if column.newest is None:
        holds = {"string": "text", None: column.stored}.get(column.type, f"{column.type}s")
        raise RefusalError(
            f"--time: `{column.name}` holds {holds}, not times such as `2026-01-31` or `2026-01-31 06:00:00`{instead}"
        )
    if column.missing:
        raise RefusalError(f"--time: {counted(column.missing, 'row')} of `{column.name}` have no time{instead}")
    if column.distinct < 3:
        raise RefusalError(f"--time: `{column.name}` has fewer than three different times, too few to split by")


def _key(request: Request, profile: Profile) -> Key:
    if not request.ids:
        # The target may look like a number of the row; it is none.
        called = [name for name in possible_keys(profile) if name not in (request.target, request.time)]
        if called:
            return Key((called[0],))
    repeats = dict(zip(request.keys, profile.key_repeats, strict=True))
    for key, repeated in repeats.items():
        if not repeated:
            return Key(key)
    if not request.ids:
        return surrogate(profile)
    fewest = min(repeats.values())
    also = ", even with the time" if request.time is not None else ""
    raise RefusalError(
        f"--id: {listed(request.ids)} {'does' if len(request.ids) == 1 else 'do'} not tell the rows apart{also}: "
        f"{counted(fewest, 'row')} of {profile.rows:,} repeat a key or lack a part of it; give --id for each "
        f"column that it takes, or leave it out"
    )
