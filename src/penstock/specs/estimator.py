"""Estimator: what a model is learned by, or the file of one that something else has trained."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from penstock.specs.base import Choosing, Digest, Function, Holds, Node, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens

ClassPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"), Holds("class")]

TrustedType = Literal["sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
"""Types that hold nothing but data, and that scikit-learn reads without looking whether it is within bounds."""


class External(Node):
    """A model that something else has trained: a fitted scikit-learn pipeline in a file of skops."""

    file: str = field(
        "The file: a path from the repository's root, or an address with `s3://` or `gs://`.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        pattern=r"^((s3|gs)://\S+|[\w-][\w./-]*)\.skops$",
    )
    digest: Digest = field(
        "Digest of the file's bytes; a file of another one is not opened.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    trust: list[TrustedType] = field(
        "Trees that the file may hold: they run no code, but one that is forged can make whoever predicts with it "
        "crash, or read memory that is not its own.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        default=[],
    )


class Estimator(Choosing):
    """The learner: exactly one of `class`, `python` and `external`."""

    chosen = exactly_one("class_", "python", "external")

    class_: ClassPath | None = field(
        "Class with scikit-learn's interface.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        alias="class",
    )
    python: Function | None = field(
        "Function of the repository that takes the parameters and returns an estimator.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )
    external: External | None = field(
        "A model that something else has trained: it is judged, registered and released, and not fitted.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        # Releases carry the digest of what a model is trained from, which a key that says nothing must not change.
        exclude_if=lambda value: value is None,
    )
    params: dict[str, Any] = field(
        "Parameters; a search overrides them.", loosens=Loosens.ANY, area=Area.QUALITY, default={}
    )
