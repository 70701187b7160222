"""Release: which version of a model an environment serves, by digest and with what evidence. Written by a command."""

from typing import Any, Literal

from penstock.specs.base import Digest, EnvironmentRef, Name, Node, Resource, RolloutRef, field, note
from penstock.specs.review import Area, Loosens


class Version(Node):
    """A trained model, by the digest of its files."""

    digest: Digest = field("Digest of the model's files.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    registered: int | None = field(
        "Version number in the MLflow registry.", loosens=Loosens.ANY, area=Area.ROLLOUT, default=None, ge=1
    )


class PreviousVersion(Version):
    """The version that another one replaces."""

    model: Name | None = field(
        "Model that it is a version of, where the rollout served another one then.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )


class Evidence(Node):
    """The statement that the version passed its gate."""

    path: str = field(
        "File in the repository that holds the statement.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        pattern=r"^[\w./-]+\.json$",
    )
    digest: Digest = field("Digest of that file.", loosens=Loosens.ANY, area=Area.GOVERNANCE)


class PromotionStatement(Node):
    """The statement of the promotion that wrote the release; where it stands says nothing about risk."""

    path: str = note(
        "File in the repository that holds the statement.", area=Area.GOVERNANCE, pattern=r"^[\w./-]+\.json$"
    )
    digest: Digest = note("Digest of that file.", area=Area.GOVERNANCE)


class ReleaseSpec(Node):
    """Rollout, environment, version, data and evidence."""

    rollout: RolloutRef = field("Rollout that serves the version.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    environment: EnvironmentRef = field("Environment that serves it.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    version: Version = field("Version that is released.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    specs: Digest = field(
        "Digest of the specs that the version was trained from.", loosens=Loosens.ANY, area=Area.GOVERNANCE
    )
    datasets: dict[Name, Digest] = field(
        "Fingerprint of each dataset that it was trained on, by the name that the dataset had then.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )
    evidence: Evidence = field("Proof that it passed its gate.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE)
    promotion: PromotionStatement | None = field(
        "Statement of the promotion that wrote this release; it binds the release to its evidence.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default=None,
    )
    previous: PreviousVersion | None = field(
        "Version that it replaces; it keeps the rest of the traffic while a canary is under way.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    step: int | None = field(
        "For a canary that pull requests advance (KServe): the step reached, from 0; done where absent.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
        ge=0,
    )


class Release(Resource):
    """Which version of a model an environment serves, by digest and with what evidence."""

    kind_name = "Release"
    summary = "which version of a model an environment serves, by digest and with what evidence"

    kind: Literal["Release"] = note("Kind.", area=Area.GOVERNANCE)
    spec: ReleaseSpec = field("The release.", loosens=Loosens.ANY, area=Area.ROLLOUT)

    def plain_spec(self) -> dict[str, Any]:
        """The spec as plain data, without absent fields: what a promotion is of."""
        return self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
