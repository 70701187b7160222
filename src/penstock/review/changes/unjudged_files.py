"""Files of a pull request that no spec leads to: nobody looks at what they say, and the plan says so.

Some of them decide how everything else is built, run or reviewed. Which ones do is told by their names, as tools know
them: a policy may ask people about these (`penstock.review.policy.governing_files`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from penstock.review.changes.references.changed_files import shown_path
from penstock.review.model import ChangedFile
from penstock.review.revisions import Revisions
from penstock.source.case_folding import folded
from penstock.source.git.paths import Folder, is_outside
from penstock.source.git.values import TreeChange

_OF_THE_REPOSITORY = {
    "workflows": r"\.github/(workflows|actions)/.+|\.gitlab-ci\.ya?ml|(.+/)?action\.ya?ml",
    "owners": r"(\.github/|docs/)?codeowners",
    "git": r"(.+/)?\.gitattributes|\.gitmodules",
}
"""What works from the top of the repository, whichever folder of it holds the specs."""
_OF_THE_FOLDER = {
    "images": r"(.+/)?((docker|container)file([.-].+)?|.+\.(docker|container)file|\.(docker|container)ignore)",
    "packages": r"(.+/)?(requirements([._-].+)?\.(txt|in)|requirements/.+|constraints([._-].+)?\.txt|.+\.lock|"
    r"pyproject\.toml|setup\.(py|cfg)|pipfile|(conda-)?environment\.ya?ml|\.python-version|package(-lock)?\.json)",
}
_ROLES = {role: re.compile(pattern) for role, pattern in (_OF_THE_REPOSITORY | _OF_THE_FOLDER).items()}
ROLES = tuple(_ROLES)
"""The words for what a file may decide, in the order in which they are told."""
_PATH = re.compile(r"[^\s\"'{}\[\],]+")


def unjudged_files(revisions: Revisions, unfollowed: Iterable[TreeChange], folder: str) -> tuple[ChangedFile, ...]:
    """Those of the files that differ and that nothing follows, of which a reader has to know that nobody looked.

    `unfollowed` are neither specs nor generated, nor what stands behind a name in a spec. What stands outside of the
    `folder` that is reviewed is the business of others, but for what works in all of the repository.
    """
    differing = {one.path: one for one in unfollowed}
    for path in set(_named_with_digest(revisions, differing)):
        del differing[path]
    found = ((shown_path(path), role_of(path, folder), one) for path, one in sorted(differing.items()))
    return tuple(
        ChangedFile(path, one.before, one.after, role)
        for path, role, one in found
        if not is_outside(path) or role in _OF_THE_REPOSITORY
    )


def role_of(path: str, folder: str = "") -> str:
    """What a file decides by its name, a path from the `folder` that is reviewed; empty where nothing is known.

    File systems of some build machines take names in any case for the same.
    """
    name = folded(Folder(folder).outer(path))
    return next((role for role, pattern in _ROLES.items() if pattern.fullmatch(name)), "")


def _named_with_digest(revisions: Revisions, paths: dict[str, TreeChange]) -> Iterator[str]:
    """Those that a spec names together with a digest: statements of Releases, and models from elsewhere."""
    if not paths:
        return
    for file in {id(one): one for side in (revisions.base, revisions.head) for one in side.catalog.files}.values():
        text = file.source.text
        if "digest" in text:
            yield from (word for word in _PATH.findall(text) if word in paths)
