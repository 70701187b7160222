"""Argo CD: from where, and how, the generated files of an environment come to its cluster."""

from typing import Annotated

from pydantic import StringConstraints

from penstock.specs.base import Node, field
from penstock.specs.components import Version
from penstock.specs.kubernetes import Namespace, ObjectName
from penstock.specs.review import Area, Loosens

REPOSITORY_PATTERN = (
    r"^(https?://[^\s/@]+/\S*[^\s/]|ssh://([^\s/@:]+@)?[^\s/@]+/\S*[^\s/]|[^\s/@:]+@[^\s/@:]+:[^\s/]\S*[^\s/])$"
)
REVISION_PATTERN = r"^[^\s~^:?*\[\\-][^\s~^:?*\[\\]*$"
FOLDER_PATTERN = r"^([A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$"

RepositoryUrl = Annotated[str, StringConstraints(pattern=REPOSITORY_PATTERN)]
"""A git repository by HTTPS or SSH, without a password: Argo CD keeps credentials of its own."""
Revision = Annotated[str, StringConstraints(pattern=REVISION_PATTERN)]
"""A branch, a tag or a commit of git."""
Folder = Annotated[str, StringConstraints(pattern=FOLDER_PATTERN)]
"""A folder of a repository by its path from the root, which is the empty text."""


class Automated(Node):
    """Argo CD syncs by itself whenever the revision has a new commit."""

    self_heal: bool = field(
        "Whether what somebody changes in the cluster by hand is put back.",
        loosens=Loosens.LOWER,
        area=Area.GOVERNANCE,
        default=True,
    )
    prune: bool = field(
        "Whether objects that are no longer generated are deleted from the cluster; if not, they go on serving.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=True,
    )


class ArgoCdTarget(Node):
    """Argo CD, which applies the generated files of this environment from git."""

    version: Version = field("Version of Argo CD.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default="3.2")
    namespace: Namespace = field(
        "Namespace in which Argo CD keeps its Applications.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="argocd",
    )
    application: ObjectName | None = field(
        "Name of the Application; if absent, `penstock-` and the environment's name.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    project: ObjectName | None = field(
        "AppProject of the Application, made elsewhere; if absent, one is generated that allows this repository, this "
        "namespace, and the kinds of objects that Penstock generates.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    repository: RepositoryUrl = field(
        "Address of this git repository, as Argo CD has it: `https://` or SSH.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    revision: Revision = field(
        "Revision that is applied: a branch, a tag or a commit; `HEAD` is the repository's default branch.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="HEAD",
    )
    folder: Folder = field(
        "Folder of the repository that holds `specs/` and `generated/`; empty for its root.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="",
    )
    cluster: ObjectName = field(
        "Name of the environment's cluster in Argo CD; `in-cluster` is the one that Argo CD runs in.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="in-cluster",
    )
    automated: Automated | None = field(
        "Sync whenever the revision has a new commit; if absent, somebody syncs by hand.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )

    def application_of(self, environment: str) -> str:
        """The name of the Application of an environment."""
        return self.application or f"penstock-{environment}"
