"""Metrics under many reweightings of the same rows at once, which makes a bootstrap a few matrix products.

A resample of n rows is a vector of how often each row was drawn. Three forms cover the metrics, and none costs more
with more rows than a few seconds: decision metrics depend on the counts of a few cells, which are drawn from their
multinomial directly; means and what follows from means are products of the weights with columns, of which 10,000 random
blocks say as much about the sampling error as all rows; curves need every row's weight in the order of the scores,
and beyond 25,000 rows their error is that of a random part, scaled by the root of its share (m out of n bootstrap).

Where rows belong together, whole clusters are drawn (`penstock.runtime.measures.clusters`), and all forms are products
of the clusters' weights with their sums: of cells, of columns, or of positives and negatives by score, of which beyond
25,000 distinct ones neighbours count as equal in what is added to the estimate of all rows. No part of the rows would
do there: a cluster has to be in it as a whole.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from penstock.runtime.measures.clusters import Clusters
from penstock.runtime.measures.metrics import CALIBRATION_BINS, calibration_bin
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array, Predictions

RESAMPLES = 2000
_CURVE_ROWS = 25_000
_BLOCKS = 10_000
"""Blocks into which the rows of sums are put: their number adds 1.4 % to the error of the interval's width, of which
2,000 resamples alone have 3 %."""
_CURVE_BINS = 5_000
"""Scores that a curve of clusters tells apart where there are too many."""
_CHUNK = 100_000
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Cells:
    """A metric that depends on how many rows are in each of a few cells."""

    cell: Array
    """The cell of each row, from 0."""
    count: int
    combine: Callable[[Array], Array]
    """From counts (resamples, cells) to the metric (resamples,)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A metric that depends on weighted sums of columns."""

    columns: Array
    """(rows, columns)"""
    combine: Callable[[Array], Array]
    """From sums (resamples, columns) to the metric (resamples,)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An area under a curve, or the difference of two: a metric that needs the rows in the order of their scores."""

    truth: Array
    scores: tuple[Array, ...]
    """One score of each row, or two for a difference."""
    area: Callable[[Array, Array], Array]
    """From the weights of positives and negatives by distinct score, smallest first, to the metric (resamples,)."""


Statistic: TypeAlias = Cells | Sums | Curve


def statistic(name: str, predictions: Predictions) -> Statistic:
    """The metric `name` of the language in the form in which it is resampled."""
    if METRICS[name].reads == "decision":
        return _of_decisions(name, predictions)
    if name in _CURVES:
        return Curve(predictions.truth.astype(np.float64), (predictions.output,), _CURVES[name])
    columns, combine = _MEANS[name](predictions)
    return Sums(columns, combine)


def difference(first: Statistic, second: Statistic) -> Statistic:
    """The first metric less the second, on the same resamples of the same rows."""
    if isinstance(first, Cells) and isinstance(second, Cells):
        return _difference_of_cells(first, second)
    if isinstance(first, Sums) and isinstance(second, Sums):
        width = first.columns.shape[1]
        one, other = first.combine, second.combine
        return Sums(
            np.hstack([first.columns, second.columns]), lambda sums: one(sums[:, :width]) - other(sums[:, width:])
        )
    if isinstance(first, Curve) and isinstance(second, Curve):
        return Curve(first.truth, first.scores + second.scores, first.area)
    raise TypeError("only the same metric of two predictions has a difference")


def distributions(
    statistics: Mapping[str, Statistic], rows: int, seed: int, clusters: Clusters | None = None
) -> dict[str, Array]:
    """Each metric on seeded resamples of `rows` rows; it gets the same ones whatever other metrics stand beside it.

    With `clusters`, as many whole clusters are drawn as there are, and a resample has as many rows as they have.
    A resample that leaves a metric undefined is NaN there.
    """
    found: dict[str, Array] = {}
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice")
        for name, form in statistics.items():
            generator = np.random.default_rng(seed)
            if clusters is not None:
                found[name] = _of_clusters(form, clusters, generator)
            elif isinstance(form, Cells):
                share = np.bincount(form.cell, minlength=form.count) / rows
                found[name] = form.combine(generator.multinomial(rows, share, size=RESAMPLES).astype(np.float64))
            elif isinstance(form, Sums):
                units = units_of(form.columns, None, generator)
                found[name] = np.concatenate(
                    [form.combine(weights @ units) for weights in draws(len(units), generator)]
                )
            else:
                found[name] = _of_curve(form, generator)
    return found


def weighted(form: Statistic, weights: Array) -> Array:
    """The metric under given weights (variants, rows) of the rows; NaN where they leave it undefined."""
    if isinstance(form, Cells):
        return form.combine(np.stack([np.bincount(form.cell, each, form.count) for each in weights]))
    return form.combine(weights @ form.columns) if isinstance(form, Sums) else _under_weights(form)(weights)


def units_of(columns: Array, clusters: Clusters | None, generator: np.random.Generator) -> Array:
    """The sums (units, columns) over what is drawn as one: a row or a cluster, or a random block of too many of them.

    Blocks have the same sampling error as the rows.
    """
    if clusters is not None:
        return _in_blocks(clusters, generator).sums(columns)
    if len(columns) <= _BLOCKS:
        return columns
    starts = np.linspace(0, len(columns), _BLOCKS, endpoint=False).astype(np.int64)
    return np.add.reduceat(columns[generator.permutation(len(columns))], starts, axis=0)


def _of_clusters(form: Statistic, clusters: Clusters, generator: np.random.Generator) -> Array:
    """The metric on resamples of clusters."""
    if isinstance(form, Curve):
        clusters = _in_blocks(clusters, generator)
        metric, width = under_weights_of_clusters(form, clusters)
        return np.concatenate([metric(weights) for weights in draws(len(clusters), generator, width)])
    units = units_of(columns_of(form), clusters, generator)
    return np.concatenate([form.combine(weights @ units) for weights in draws(len(units), generator)])


def columns_of(form: Cells | Sums) -> Array:
    """What is summed over the rows, of cells a column for each."""
    return np.eye(form.count)[form.cell] if isinstance(form, Cells) else form.columns


def _in_blocks(clusters: Clusters, generator: np.random.Generator) -> Clusters:
    """The clusters themselves, or 10,000 random ones that hold whole clusters of more."""
    if len(clusters) <= _BLOCKS:
        return clusters
    starts = np.linspace(0, len(clusters), _BLOCKS, endpoint=False)
    of_place = np.searchsorted(starts, np.arange(len(clusters)), side="right") - 1
    of_cluster = np.empty(len(clusters), dtype=np.int64)
    of_cluster[generator.permutation(len(clusters))] = of_place
    blocks = of_cluster[clusters.of_row]
    return Clusters(blocks, np.bincount(blocks))


def under_weights_of_clusters(form: Curve, clusters: Clusters) -> tuple[Callable[[Array], Array], int]:
    """From weights (resamples, clusters) to the metric, and how many scores it holds for each resample."""
    coarse = tuple(_coarse(score) for score in form.scores)
    # What equal scores cost is the same in every resample, but for a trifle.
    shift = _unweighted(form) - _unweighted(Curve(form.truth, coarse, form.area))
    counted = [_by_score(form.truth, score, clusters) for score in coarse]

    def metric(weights: Array) -> Array:
        areas = [
            form.area(np.ascontiguousarray((ones @ weights.T).T), np.ascontiguousarray((zeros @ weights.T).T))
            for ones, zeros in counted
        ]
        return np.asarray((areas[0] - areas[1] if len(areas) > 1 else areas[0]) + shift)

    return metric, max(ones.shape[0] for ones, _ in counted)


def _coarse(score: Array) -> Array:
    """The scores themselves, or the number of the quantile of each where too many differ."""
    if len(np.unique(score)) <= _CURVE_ROWS:
        return score
    edges = np.unique(np.quantile(score, np.linspace(0, 1, _CURVE_BINS + 1)[1:-1]))
    return np.searchsorted(edges, score, side="right")


def _by_score(truth: Array, score: Array, clusters: Clusters) -> tuple[Any, Any]:
    """The positives and the negatives (distinct scores, clusters), sparse, smallest score first."""
    from scipy.sparse import coo_array

    values, place = np.unique(score, return_inverse=True)
    shape = (len(values), len(clusters))
    ones, zeros = (coo_array((part, (place, clusters.of_row)), shape=shape).tocsr() for part in (truth, 1 - truth))
    return ones, zeros


def _of_curve(form: Curve, generator: np.random.Generator) -> Array:
    rows = len(form.truth)
    if rows <= _CURVE_ROWS:
        metric = _under_weights(form)
        return np.concatenate([metric(weights) for weights in draws(rows, generator)])
    some = np.sort(generator.choice(rows, _CURVE_ROWS, replace=False))
    part = Curve(form.truth[some], tuple(score[some] for score in form.scores), form.area)
    deviations = _of_curve(part, generator) - _unweighted(part)
    return np.asarray(_unweighted(form) + deviations * np.sqrt(_CURVE_ROWS / rows))


def _unweighted(form: Curve) -> float:
    return float(_under_weights(form)(np.ones((1, len(form.truth))))[0])


def _under_weights(form: Curve) -> Callable[[Array], Array]:
    """From weights (resamples, rows) to the metric."""
    ranked = [_ranked(score) for score in form.scores]

    def area(weights: Array, order: Array, starts: Array) -> Array:
        sorted_weights = weights[:, order]
        ones = sorted_weights * form.truth[order]
        zeros = sorted_weights - ones
        if len(starts) < len(order):
            ones, zeros = np.add.reduceat(ones, starts, axis=1), np.add.reduceat(zeros, starts, axis=1)
        return form.area(ones, zeros)

    def metric(weights: Array) -> Array:
        first, *second = (area(weights, *each) for each in ranked)
        return first - second[0] if second else first

    return metric


def _ranked(score: Array) -> tuple[Array, Array]:
    """The order of the rows by score, and where in it each distinct score starts."""
    order = np.argsort(score, kind="stable")
    return order, np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])


def draws(rows: int, generator: np.random.Generator, width: int = 1) -> Iterator[Array]:
    """How often each row is in each resample, as many resamples at a time as a processor's cache holds.

    `width`: values that are made of each resample, where they may be more than the rows.
    """
    size = places_in_cache(max(rows, width))
    for done in range(0, RESAMPLES, size):
        count = min(size, RESAMPLES - done)
        drawn = generator.integers(0, rows, size=(count, rows), dtype=np.uint32).astype(np.int64)
        drawn += np.arange(count)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)


def places_in_cache(width: int) -> int:
    """How many vectors of some width a processor's cache holds, one at least."""
    return max(1, _CHUNK // width)


def _difference_of_cells(first: Cells, second: Cells) -> Cells:
    # Only pairs of cells that occur are cells of the difference.
    pairs, cell = np.unique(first.cell * second.count + second.cell, return_inverse=True)
    to_first = np.eye(first.count)[pairs // second.count]
    to_second = np.eye(second.count)[pairs % second.count]
    one, other = first.combine, second.combine
    return Cells(cell, len(pairs), lambda counts: one(counts @ to_first) - other(counts @ to_second))


def _of_decisions(name: str, predictions: Predictions) -> Cells:
    classes = 2 if predictions.task == "binary" else predictions.output.shape[1]
    metric = _OF_CONFUSION[name]
    return Cells(
        predictions.truth * classes + predictions.decision,
        classes * classes,
        lambda counts: metric(counts.reshape(-1, classes, classes)),
    )


def _roc_auc(ones: Array, zeros: Array) -> Array:
    # A tie counts as half a win.
    beaten = np.cumsum(zeros, axis=1)
    beaten -= zeros / 2
    beaten *= ones
    return beaten.sum(axis=1) / (ones.sum(axis=1) * zeros.sum(axis=1))  # type: ignore[no-any-return]


def _average_precision(ones: Array, zeros: Array) -> Array:
    ones, zeros = ones[:, ::-1], zeros[:, ::-1]
    hits = np.cumsum(ones, axis=1)
    selected = hits + np.cumsum(zeros, axis=1)
    precision = np.divide(hits, selected, out=np.zeros_like(hits), where=selected > 0)
    return (ones * precision).sum(axis=1) / hits[:, -1]  # type: ignore[no-any-return]


def _mean(values: Array) -> tuple[Array, Callable[[Array], Array]]:
    return np.column_stack([values, np.ones(len(values))]), lambda sums: sums[:, 0] / sums[:, 1]


def _log_loss(p: Predictions) -> tuple[Array, Callable[[Array], Array]]:
    of_truth = (
        np.where(p.truth == 1, p.output, 1 - p.output) if p.task == "binary" else p.output[np.arange(len(p)), p.truth]
    )
    return _mean(-np.log(np.clip(of_truth, _EPSILON, 1 - _EPSILON)))


def _calibration(p: Predictions) -> tuple[Array, Callable[[Array], Array]]:
    columns = np.zeros((len(p), CALIBRATION_BINS + 1))
    columns[np.arange(len(p)), calibration_bin(p.output)] = p.truth - p.output
    columns[:, -1] = 1
    return columns, lambda sums: np.abs(sums[:, :-1]).sum(axis=1) / sums[:, -1]


def _r2(p: Predictions) -> tuple[Array, Callable[[Array], Array]]:
    # Centred first, so that the difference of large sums keeps its digits; by the median, since one enormous value
    # would move the mean from all the others, and many a resample is without it.
    truth = p.truth - np.median(p.truth)
    columns = np.column_stack([np.ones(len(p)), truth, truth**2, (p.truth - p.output) ** 2])

    def combine(sums: Array) -> Array:
        spread = sums[:, 2] - sums[:, 1] ** 2 / sums[:, 0]
        return np.where(spread > 0, 1 - sums[:, 3] / spread, np.nan)

    return columns, combine


def _root_mean_squared_error(p: Predictions) -> tuple[Array, Callable[[Array], Array]]:
    columns, mean = _mean((p.truth - p.output) ** 2)
    return columns, lambda sums: np.sqrt(mean(sums))


def _mean_poisson_deviance(p: Predictions) -> tuple[Array, Callable[[Array], Array]]:
    from scipy.special import xlogy

    # Some rows that have no deviance would yet come out as a number, a prediction below 0 for a count of 0 for one.
    defined = (p.truth >= 0) & (p.output > 0)
    output = np.where(defined, p.output, np.nan)
    return _mean(2 * (xlogy(p.truth, p.truth / output) - p.truth + output))


def _balanced_accuracy(c: Array) -> Array:
    return np.nanmean(np.diagonal(c, axis1=1, axis2=2) / c.sum(axis=2), axis=1)  # type: ignore[no-any-return]


def _macro_f1(c: Array) -> Array:
    hits = np.diagonal(c, axis1=1, axis2=2)
    return np.nanmean(2 * hits / (c.sum(axis=1) + c.sum(axis=2)), axis=1)  # type: ignore[no-any-return]


def _matthews_correlation(c: Array) -> Array:
    numerator = c[:, 1, 1] * c[:, 0, 0] - c[:, 0, 1] * c[:, 1, 0]
    margins = c.sum(axis=1).prod(axis=1) * c.sum(axis=2).prod(axis=1)
    return numerator / np.sqrt(margins)  # type: ignore[no-any-return]


_CURVES: dict[str, Callable[[Array, Array], Array]] = {"roc_auc": _roc_auc, "average_precision": _average_precision}

RANKING = frozenset(_CURVES)
"""Metrics that read of the scores only how they rank the rows."""

_MEANS: dict[str, Callable[[Predictions], tuple[Array, Callable[[Array], Array]]]] = {
    "brier_score": lambda p: _mean((p.truth - p.output) ** 2),
    "log_loss": _log_loss,
    "expected_calibration_error": _calibration,
    "r2": _r2,
    "mean_absolute_error": lambda p: _mean(np.abs(p.truth - p.output)),
    "root_mean_squared_error": _root_mean_squared_error,
    "mean_absolute_percentage_error": lambda p: _mean(np.abs(p.truth - p.output) / np.abs(p.truth)),
    "mean_poisson_deviance": _mean_poisson_deviance,
}

_OF_CONFUSION: dict[str, Callable[[Array], Array]] = {
    "accuracy": lambda c: np.trace(c, axis1=1, axis2=2) / c.sum(axis=(1, 2)),
    "balanced_accuracy": _balanced_accuracy,
    "precision": lambda c: c[:, 1, 1] / (c[:, 1, 1] + c[:, 0, 1]),
    "recall": lambda c: c[:, 1, 1] / c[:, 1].sum(axis=1),
    "specificity": lambda c: c[:, 0, 0] / c[:, 0].sum(axis=1),
    "false_positive_rate": lambda c: c[:, 0, 1] / c[:, 0].sum(axis=1),
    "false_negative_rate": lambda c: c[:, 1, 0] / c[:, 1].sum(axis=1),
    "selection_rate": lambda c: c[:, :, 1].sum(axis=1) / c.sum(axis=(1, 2)),
    "f1": lambda c: 2 * c[:, 1, 1] / (2 * c[:, 1, 1] + c[:, 0, 1] + c[:, 1, 0]),
    "macro_f1": _macro_f1,
    "matthews_correlation": _matthews_correlation,
}
"""From confusion counts (resamples, truth, prediction) to the metric; 0/0 is NaN."""
