"""Model: the features, label, split, training and card of a model."""

from typing import Annotated, Literal

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
    Node,
    Resource,
    Resources,
    Schedule,
    Slug,
    field,
    note,
)
from penstock.specs.choices import at_least_one
from penstock.specs.estimator import Estimator
from penstock.specs.review import Area, Loosens
from penstock.specs.search import Search
from penstock.specs.units import Duration, PositiveDuration, PositiveFraction

TASKS = ("binary", "multiclass", "regression")


class Except(Node):
    """All features of a set except these."""

    except_: Distinct[Annotated[Identifier, Holds("feature")]] = field(
        "Features to exclude.", loosens=Loosens.ANY, area=Area.DATA, alias="except", min_length=1
    )


FeatureChoice = Literal["all"] | Distinct[Identifier] | Except


class Label(Node):
    """What the model predicts."""

    dataset: DatasetRef = field("Dataset with the label.", loosens=Loosens.ANY, area=Area.QUALITY)
    column: Column = field("Column with the label.", loosens=Loosens.ANY, area=Area.QUALITY)
    horizon: PositiveDuration | None = field(
        "Maximum time from a row's time until its label is known; later labels count as missing.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )
    positive: str | int | bool | None = field(
        "Positive value of a binary label; if absent, `true` or 1.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )


class TimeSplit(Node):
    """Split by time: the oldest rows are for training, newer ones for validation, the newest for testing."""

    by: Literal["time"] = field("Split by the rows' event time.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveDuration = field("Length of the validation period.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveDuration = field(
        "Length of the test period, which ends with the newest row.", loosens=Loosens.LOWER, area=Area.QUALITY
    )
    gap: Duration = field(
        "Gap between the parts, so that no label of one becomes known during the next.",
        loosens=Loosens.LOWER,
        area=Area.QUALITY,
        default=Duration(0),
    )


class RandomSplit(Node):
    """Split by a hash of the entity: a row is in the same part in every run."""

    by: Literal["random"] = field("Split by a hash of the entity.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveFraction = field("Share of rows for validation.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveFraction = field("Share of rows for testing.", loosens=Loosens.LOWER, area=Area.QUALITY)
    seed: int = field("Seed of the hash.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)


class GroupSplit(Node):
    """Split by a hash of a column: all rows of a group are in the same part."""

    by: Literal["group"] = field("Split by a hash of a column.", loosens=Loosens.ANY, area=Area.QUALITY)
    column: Column = field("Column of the source to group by.", loosens=Loosens.ANY, area=Area.QUALITY)
    validation: PositiveFraction = field("Share of groups for validation.", loosens=Loosens.LOWER, area=Area.QUALITY)
    test: PositiveFraction = field("Share of groups for testing.", loosens=Loosens.LOWER, area=Area.QUALITY)
    seed: int = field("Seed of the hash.", loosens=Loosens.ANY, area=Area.QUALITY, default=0)


class NumericSteps(Node):
    """Preprocessing of numeric features."""

    impute: Literal["mean", "median", "zero", "none"] = field(
        "Imputation of missing numbers; `none` leaves them to the estimator.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="none",
    )
    scale: Literal["standard", "minmax", "robust", "none"] = field(
        "Scaling.", loosens=Loosens.ANY, area=Area.QUALITY, default="none"
    )
    pca: PositiveFraction | None = field(
        "Replace the numbers by their principal components, as few as explain this share of the training rows' "
        "variance. `scale: standard` gives each number the same weight; missing numbers need `impute`.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )


class CategoricalSteps(Node):
    """Preprocessing of categorical features."""

    impute: Literal["most_frequent", "missing"] = field(
        "Imputation of missing categories: the most frequent one, or a separate category.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="missing",
    )
    encode: Literal["onehot", "ordinal"] = field(
        "Encoding of categories; categories not seen in training count as missing.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default="onehot",
    )


class Preprocess(Node):
    """Preprocessing, fitted on the training rows and saved with the model."""

    numeric: NumericSteps = field("Numbers.", loosens=Loosens.ANY, area=Area.QUALITY, default={}, validate_default=True)
    categorical: CategoricalSteps = field(
        "Categories.", loosens=Loosens.ANY, area=Area.QUALITY, default={}, validate_default=True
    )


class Select(Node):
    """Feature selection on the training rows."""

    method: Literal["mutual_info", "l1", "rfe", "variance"] = field("Method.", loosens=Loosens.ANY, area=Area.QUALITY)
    keep: int = field("Number of features to keep.", loosens=Loosens.ANY, area=Area.QUALITY, ge=1)


class Retrain(Choosing):
    """What starts the training pipeline."""

    chosen = at_least_one("schedule", "on_drift", "on_quality")

    schedule: Schedule | None = field(
        "Cron schedule: five fields, in UTC.", loosens=Loosens.ANY, area=Area.QUALITY, default=None
    )
    on_drift: bool = field(
        "Whether drift of features or predictions starts training.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=False,
    )
    on_quality: bool = field(
        "Whether training starts when the metric of a quality monitor is beyond its bound.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=False,
    )
    cooldown: PositiveDuration | None = field(
        "Minimum time between two runs started by drift or quality.",
        # A short one trains without end, a long one as good as never.
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        default=None,
    )


class SensitiveUse(Node):
    """A sensitive column that the model may use, with its purpose."""

    column: str = field(
        "Column, as `dataset.column`.",
        loosens=Loosens.ANY,
        area=Area.PRIVACY,
        pattern=r"^[a-z0-9-]+\..+$",
    )
    use: Literal["feature", "slice", "label", "group"] = field(
        "Use of the column. `feature`: the model is trained on it, or on data selected by it. `slice`: only "
        "evaluation uses it. `label`: it is predicted. `group`: only the split or the clusters of a gate use it.",
        loosens=Loosens.ANY,
        area=Area.PRIVACY,
    )
    purpose: str = field("Why the use is needed and allowed.", loosens=Loosens.ANY, area=Area.PRIVACY, min_length=10)


class CustomStep(Node):
    """A custom container in the training pipeline, for what the language does not cover."""

    name: Slug = field("Name of the step.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    image: Image | None = field(
        "Image; if absent, the environment's runtime image.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    command: list[Annotated[str, Holds("command")]] = field(
        "Command and arguments. Exit code 0 means success, 10 that the step rejects, any other that it failed.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        min_length=1,
    )
    after: list[Slug] = field(
        "Steps that must finish before this one.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[]
    )
    before: list[Slug] = field(
        "Steps that wait for this one.", loosens=Loosens.REMOVED, area=Area.GOVERNANCE, default=[]
    )
    resources: Resources = field(
        "Resources.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )


class Card(Node):
    """Model card: what users of the model must know."""

    purpose: str = note("What the model is for.", min_length=10)
    risk_tier: Literal["low", "medium", "high"] = field(
        "Harm of a wrong model; approval rules can refer to it.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        order=("high", "medium", "low"),
    )
    limitations: list[str] = field(
        "Limitations of the model.", loosens=Loosens.REMOVED, area=Area.DOCUMENTATION, default=[]
    )
    out_of_scope: list[str] = field("Out-of-scope uses.", loosens=Loosens.REMOVED, area=Area.DOCUMENTATION, default=[])


class ModelSpec(Node):
    """Features, label, split, estimator and card."""

    task: Literal["binary", "multiclass", "regression"] = field(
        "Type of prediction.", loosens=Loosens.ANY, area=Area.QUALITY
    )
    features: dict[FeatureSetRef, FeatureChoice] = field(
        "Features by feature set: `all`, a list of names, or `{except: [...]}`.",
        loosens=Loosens.ANY,
        area=Area.DATA,
        min_length=1,
    )
    label: Label = field("What the model predicts.", loosens=Loosens.ANY, area=Area.QUALITY)
    split: TimeSplit | RandomSplit | GroupSplit = field(
        "Split of the rows into training, validation and test set.",
        loosens=Loosens.ANY,
        area=Area.QUALITY,
        discriminator="by",
    )
    estimator: Estimator = field("Estimator that is trained.", loosens=Loosens.ANY, area=Area.QUALITY)
    threshold: float = field(
        "Decision threshold of a binary task: the minimum score of a positive decision.",
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
        "Columns of the rows' dataset for evaluation by group; the model is not trained on them.",
        loosens=Loosens.REMOVED,
        area=Area.FAIRNESS,
        default=[],
    )
    sensitive_uses: list[SensitiveUse] = field(
        "Sensitive columns that the model uses, each with its purpose.",
        loosens=Loosens.ADDED,
        area=Area.PRIVACY,
        default=[],
    )
    steps: list[CustomStep] = field(
        "Custom containers in the training pipeline.",
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
    retrain: Retrain | None = field("What starts training.", loosens=Loosens.ANY, area=Area.QUALITY, default=None)
    patches: list[ManifestPatch] = field(
        "Raw patches of generated manifests.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[]
    )
    card: Card = field("Model card.", loosens=Loosens.ANY, area=Area.DOCUMENTATION)

    @property
    def retraining(self) -> str | None:
        """When a clock starts the training, as cron fields; None where drift alone does, or somebody."""
        return self.retrain.schedule if self.retrain is not None else None


class Model(Resource):
    """Features, label, split, training and card of a model."""

    kind_name = "Model"
    summary = "features, label, split, training and card of a model"

    kind: Literal["Model"] = note("Kind.", area=Area.GOVERNANCE)
    spec: ModelSpec = field("The model.", loosens=Loosens.ANY, area=Area.QUALITY)
