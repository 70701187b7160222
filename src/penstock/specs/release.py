"""Release: the version of a model that an environment serves, with its evidence. Written by a command."""

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
        "Model of the version, if it is not the rollout's current model.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )


class Evidence(Node):
    """The attestation that the version passed its gate."""

    path: str = field(
        "File of the attestation, in the repository.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        pattern=r"^[\w./-]+\.json$",
    )
    digest: Digest = field("Digest of the file.", loosens=Loosens.ANY, area=Area.GOVERNANCE)


class PromotionStatement(Node):
    """The attestation of the promotion that wrote the release; its path has no effect on risk."""

    path: str = note("File of the attestation, in the repository.", area=Area.GOVERNANCE, pattern=r"^[\w./-]+\.json$")
    digest: Digest = note("Digest of the file.", area=Area.GOVERNANCE)


class ReleaseSpec(Node):
    """Rollout, environment, version, data and evidence."""

    rollout: RolloutRef = field("Rollout that serves the version.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    environment: EnvironmentRef = field("Environment that serves it.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    version: Version = field("Released version.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    specs: Digest = field(
        "Digest of the specs that the version was trained from.", loosens=Loosens.ANY, area=Area.GOVERNANCE
    )
    datasets: dict[Name, Digest] = field(
        "Fingerprint of each training dataset, by its name at the time of training.",
        loosens=Loosens.ANY,
        area=Area.DATA,
    )
    evidence: Evidence = field(
        "Attestation that the version passed its gate.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE
    )
    promotion: PromotionStatement | None = field(
        "Attestation of the promotion that wrote this release; it binds the release to its evidence.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default=None,
    )
    previous: PreviousVersion | None = field(
        "Replaced version, which gets the remaining traffic during a canary.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    step: int | None = field(
        "Current step of a canary that pull requests advance (KServe), from 0; if absent, the canary is complete.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
        ge=0,
    )


class Release(Resource):
    """The version of a model that an environment serves, with its evidence."""

    kind_name = "Release"
    summary = "the version of a model that an environment serves, with its evidence"

    kind: Literal["Release"] = note("Kind.", area=Area.GOVERNANCE)
    spec: ReleaseSpec = field("The release.", loosens=Loosens.ANY, area=Area.ROLLOUT)

    def plain_spec(self) -> dict[str, Any]:
        """The spec as plain data, without absent fields: what a promotion is of."""
        return self.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
