"""Estimator: the learning algorithm of a model, or the file of a model that was trained elsewhere."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from penstock.specs.base import Choosing, Digest, Function, Holds, Node, field
from penstock.specs.choices import exactly_one
from penstock.specs.review import Area, Loosens

ClassPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"), Holds("class")]

TrustedType = Literal["sklearn.tree._tree.Tree", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
"""Types that hold nothing but data, and that scikit-learn reads without looking whether it is within bounds."""


class External(Node):
    """A model that was trained elsewhere: a fitted scikit-learn pipeline in a skops file."""

    file: str = field(
        "File: a path from the repository's root, or an `s3://` or `gs://` address.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        pattern=r"^((s3|gs)://\S+|[\w-][\w./-]*)\.skops$",
    )
    digest: Digest = field(
        "Digest of the file; a file with another digest is not opened.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    trust: list[TrustedType] = field(
        "Tree types that the file may contain. They run no code, but a forged tree can crash the process that "
        "predicts with it, or read foreign memory.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        default=[],
    )


class Estimator(Choosing):
    """The estimator: exactly one of `class`, `python` and `external`."""

    chosen = exactly_one("class_", "python", "external")

    class_: ClassPath | None = field(
        "Class with scikit-learn's estimator interface. It is given numbers only, after `preprocess`: a text is a "
        "category.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        alias="class",
    )
    python: Function | None = field(
        "Function in the repository that takes the parameters and returns an estimator, which is given numbers only, "
        "as one of `class` is.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )
    external: External | None = field(
        "A model that was trained elsewhere: it is evaluated, registered and released, but not fitted.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        # Releases carry the digest of what a model is trained from, which a key that says nothing must not change.
        exclude_if=lambda value: value is None,
    )
    params: dict[str, Any] = field(
        "Parameters of the estimator; a search overrides them.", loosens=Loosens.ANY, area=Area.QUALITY, default={}
    )

    @property
    def class_name(self) -> str:
        """The class without its module; empty where none is named."""
        return (self.class_ or "").rpartition(".")[2]
