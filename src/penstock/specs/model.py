"""Model: what is learned from which features, how it is split, searched and trained, and its card."""

from typing import Annotated, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import (
    Choosing,
    Column,
    DatasetRef,
    Distinct,
    FeatureSetRef,
    Holds,
    Identifier,
    Image,
    ManifestPatch,
    MetricName,
    Node,
    Resource,
    Resources,
    Schedule,
    Slug,
    field,
    note,
)
from penstock.specs.choices import at_least_one, exactly_one
from penstock.specs.estimator import Estimator
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Duration, PositiveDuration, PositiveFraction

TASKS = ("binary", "multiclass", "regression")


class Except(Node):
    """All features of a set but these."""

    except_: Distinct[Identifier] = field(
        "Features left out.", loosens=Loosens.REMOVED, area=Area.DATA, alias="except", min_length=1
    )


FeatureChoice = Literal["all"] | Distinct[Identifier] | Except


class Label(Node):
    """What the model learns to predict."""

    dataset: DatasetRef = field("Dataset that holds the label.", loosens=Loosens.ANY, area=Area.DATA)
    column: Column = field("Column that holds the label.", loosens=Loosens.ANY, area=Area.DATA)
    horizon: PositiveDuration | None = field(
        "How long after a row's time its label is known at the latest; later labels count as missing.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )
    positive: str | int | bool | None = field(
        "For binary tasks: the value that counts as positive; `true` or 1 where absent.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        default=None,
    )


class TimeSplit(Node):
    """Split by time: the newest rows test, the ones before them validate, the older ones train."""

    by: Literal["time"] = field("Split by the rows' event time.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveDuration = field("Length of the validation period.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveDuration = field(
        "Length of the test period, which the newest row ends.", loosens=Loosens.LOWER, area=Area.QUALITY
    )
    gap: Duration = field(
        "Rows left out between the parts, so that no label of one is known during the next.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=Duration(0),
    )


class RandomSplit(Node):
    """Split by a hash of the entity: the same row falls into the same part at every run."""

    by: Literal["random"] = field("Split by a hash of the entity.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveFraction = field("Share of the validation rows.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveFraction = field("Share of the test rows.", loosens=Loosens.LOWER, area=Area.QUALITY)
    seed: int = field("Seed of the hash.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)


class GroupSplit(Node):
    """Split by a hash of a column: all rows of one group fall into the same part."""

    by: Literal["group"] = field("Split by a hash of a column.", loosens=Loosens.ANY, area=Area.QUALITY)
    column: Column = field("Column of the source that names the group.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveFraction = field("Share of the validation groups.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveFraction = field("Share of the test groups.", loosens=Loosens.LOWER, area=Area.QUALITY)
    seed: int = field("Seed of the hash.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)


class NumericSteps(Node):
    """What happens to numbers before the learner sees them."""

    impute: Literal["mean", "median", "zero", "none"] = field(
        "What stands in for a missing number; `none` leaves it to the learner.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="none",
    )
    scale: Literal["standard", "minmax", "robust", "none"] = field(
        "Scaling.", loosens=Loosens.ANY, area=Area.QUALITY, default="none"
    )


class CategoricalSteps(Node):
    """What happens to categories before the learner sees them."""

    impute: Literal["most_frequent", "missing"] = field(
        "What stands in for a missing category: the most frequent one, or a category of its own.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="missing",
    )
    encode: Literal["onehot", "ordinal"] = field(
        "Encoding; categories first met after training count as missing.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="onehot",
    )


class Preprocess(Node):
    """Preprocessing, fitted on the training rows alone and saved with the model."""

    numeric: NumericSteps = field("Numbers.", loosens=Loosens.ANY, area=Area.QUALITY, default={}, validate_default=True)
    categorical: CategoricalSteps = field(
        "Categories.", loosens=Loosens.ANY, area=Area.QUALITY, default={}, validate_default=True
    )


class Select(Node):
    """Feature selection on the training rows."""

    method: Literal["mutual_info", "l1", "rfe", "variance"] = field("Method.", loosens=Loosens.ANY, area=Area.QUALITY)
    keep: int = field("Number of features kept.", loosens=Loosens.ANY, area=Area.QUALITY, ge=1)


class Range(Choosing):
    """The values that one parameter may take: exactly one of the fields."""

    chosen = exactly_one("int_", "uniform", "loguniform", "choice")

    int_: list[int] | None = field(
        "Whole numbers from the first to the second, both included.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        alias="int",
        min_length=2,
        max_length=2,
    )
    uniform: list[float] | None = field(
        "Numbers between the two.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        min_length=2,
        max_length=2,
    )
    loguniform: list[float] | None = field(
        "Numbers between the two, even on a log scale; both above 0.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
        min_length=2,
        max_length=2,
    )
    choice: list[str | int | float | bool | None] | None = field(
        "One of these.", loosens=Loosens.ANY, area=Area.QUALITY, default=None, min_length=1
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for bounds in (self.int_, self.uniform, self.loguniform):
            if bounds is not None and not bounds[0] < bounds[1]:
                raise PydanticCustomError("range_order", "expected the smaller bound first")
        if self.loguniform is not None and self.loguniform[0] <= 0:
            raise PydanticCustomError("range_log", "expected bounds above 0 on a log scale")
        return self


class Search(Choosing):
    """Search over the estimator's parameters, scored on the validation rows. Exactly one of `maximize`, `minimize`."""

    chosen = exactly_one("maximize", "minimize")

    sampler: Literal["tpe", "random", "grid", "cma-es"] = field(
        "How the next parameters are chosen.", loosens=Loosens.ANY, area=Area.QUALITY, default="tpe"
    )
    trials: int = field("Number of trials.", loosens=Loosens.ANY, area=Area.CAPACITY, ge=1, le=10_000)
    parallel: int = field("Trials that run at a time.", loosens=Loosens.ANY, area=Area.CAPACITY, default=1, ge=1, le=64)
    maximize: MetricName | None = field("Metric to maximize.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    minimize: MetricName | None = field("Metric to minimize.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    space: dict[str, Range] = field(
        "Values that each parameter may take.", loosens=Loosens.ANY, area=Area.QUALITY, min_length=1
    )
    seed: int = field("Seed of the sampler.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)


class Retrain(Choosing):
    """When the training pipeline starts by itself."""

    chosen = at_least_one("schedule", "on_drift")

    schedule: Schedule | None = field("Five cron fields in UTC.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    on_drift: bool = field(
        "Whether the monitoring pipeline starts it when features or predictions drift.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=False,
    )
    cooldown: PositiveDuration | None = field(
        "Shortest time between two runs that drift starts.",
        loosens=Loosens.LOWER,
        area=Area.CAPACITY,
        default=None,
    )


class SensitiveUse(Node):
    """A sensitive column that the model may touch, and what for."""

    column: str = field(
        "Column, as `dataset.column`.",
        loosens=Loosens.ANY,
        area=Area.PRIVACY,
        pattern=r"^[a-z0-9-]+\..+$",
    )
    use: Literal["feature", "slice", "label"] = field(
        "`feature`: the learner sees it, or what it decides. `slice`: only evaluation does. `label`: it is what is "
        "predicted.",
        loosens=Loosens.ANY,
        area=Area.PRIVACY,
    )
    purpose: str = field("Why this is needed and allowed.", loosens=Loosens.ANY, area=Area.PRIVACY, min_length=10)


class CustomStep(Node):
    """A container of one's own in the training pipeline, for what the language does not say."""

    name: Slug = field("Name of the step.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    image: Image | None = field(
        "Image; the environment's runtime image where absent.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    command: list[Annotated[str, Holds("command")]] = field(
        "Command and arguments. Exit code 0 says that it is done, 10 that its answer is no, any other that it broke.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        min_length=1,
    )
    after: list[Slug] = field("Steps that must have finished.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[])
    before: list[Slug] = field(
        "Steps that wait for this one.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE, default=[]
    )
    resources: Resources = field(
        "Resources.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )


class Card(Node):
    """What a reader must know of the model before using it."""

    purpose: str = note("What the model is for.", min_length=10)
    risk_tier: Literal["low", "medium", "high"] = field(
        "How much harm a wrong model does; approval rules follow it.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        order=("high", "medium", "low"),
    )
    limitations: list[str] = field(
        "Where the model is not valid.", loosens=Loosens.REMOVED, area=Area.DOCUMENTATION, default=[]
    )
    out_of_scope: list[str] = field(
        "Uses that it is not meant for.", loosens=Loosens.REMOVED, area=Area.DOCUMENTATION, default=[]
    )


class ModelSpec(Node):
    """Features, label, split, learner and card."""

    task: Literal["binary", "multiclass", "regression"] = field(
        "What is predicted.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    features: dict[FeatureSetRef, FeatureChoice] = field(
        "Features by feature set: `all`, a list of names, or `{except: [...]}`.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        min_length=1,
    )
    label: Label = field("What the model learns to predict.", loosens=Loosens.ANY, area=Area.DATA)
    split: TimeSplit | RandomSplit | GroupSplit = field(
        "How rows are split.", loosens=Loosens.ANY, area=Area.QUALITY, discriminator="by"
    )
    estimator: Estimator = field("The learner.", loosens=Loosens.ANY, area=Area.QUALITY)
    threshold: float = field(
        "Binary tasks: the score from which on a row counts as positive, for metrics of decisions.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=0.5,
        ge=0,
        le=1,
    )
    preprocess: Preprocess = field(
        "Preprocessing.", loosens=Loosens.ANY, area=Area.QUALITY, default={}, validate_default=True
    )
    select: Select | None = field("Feature selection.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    search: Search | None = field("Parameter search.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    seed: int = field("Seed of training.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)
    slices: Distinct[Column] = field(
        "Columns of the rows' dataset kept beside the features for evaluation by group; the learner does not see them.",
        loosens=Loosens.REMOVED,
        area=Area.FAIRNESS,
        default=[],
    )
    sensitive_uses: list[SensitiveUse] = field(
        "Sensitive columns that the model touches, each with its purpose.",
        loosens=Loosens.ADDED,
        area=Area.PRIVACY,
        default=[],
    )
    steps: list[CustomStep] = field(
        "Containers of one's own in the training pipeline.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )
    resources: Resources = field(
        "Resources of the training steps.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default={},
        validate_default=True,
    )
    retrain: Retrain | None = field(
        "When training starts by itself.", loosens=Loosens.ANY, area=Area.QUALITY, default=None
    )
    patches: list[ManifestPatch] = field(
        "Raw changes to generated manifests.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[]
    )
    card: Card = field("Model card.", loosens=Loosens.ANY, area=Area.DOCUMENTATION)

    @property
    def retraining(self) -> str | None:
        """When a clock starts the training, as cron fields; None where drift alone does, or somebody."""
        return self.retrain.schedule if self.retrain is not None else None


class Model(Resource):
    """What is learned from which features, how it is split, searched and trained, and its card."""

    kind_name = "Model"
    summary = "what is learned from which features, how it is split, searched and trained, and its card"

    kind: Literal["Model"] = note("Kind.", area=Area.GOVERNANCE)
    spec: ModelSpec = field("The model.", loosens=Loosens.ANY, area=Area.QUALITY)
