"""Which series count an endpoint's requests, its failures and its response times: a table, with sources.

Server metrics are collected by the PodMonitor of the same rollout, which gives every series the label ``rollout`` (and
``revision`` where the target has one), so that neither pod names nor a server's own idea of a model's name matter.

Sources, each at the version that the target's README names:

- MLServer 1.7: ``starlette_exporter.PrometheusMiddleware`` with the prefix ``rest_server``, at port 8082
  (`mlserver/rest/app.py`, `mlserver/settings.py`). It groups paths by route or not, depending on its version; both
  end in ``/infer``, and MLflow's runtime also answers at ``/invocations``. Buckets are those of prometheus_client.
- KServe's own Python servers: ``request_predict_seconds`` by model name (`python/kserve/kserve/metrics.py`). It times
  predictions that end, and knows no status: there is nothing to count failures with.
- Triton: counters without a histogram of response times, so neither objective is observed.
- Knative 1.21 and newer: the queue proxy's ``kn.serving.invocation.duration`` in OpenTelemetry's Prometheus form
  (`pkg/queue/request_metric.go`); off unless ``request-metrics-protocol: prometheus`` is set in `config-observability`.
  1.19 and 1.20 call it ``kn.queueproxy.app.duration``, the first with its dots where Prometheus takes them.
- Istio: standard metrics, reported by the side that sends, so that requests that reach no server count too.
  The histogram is Envoy's: milliseconds, in Envoy's default buckets.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from penstock.ir.monitoring import Labels
from penstock.lowering.numbers import decimal_text
from penstock.specs.server_metrics import KSERVE_PYTHON, MLSERVER, ServerMetrics

CHANCE = 4
"""Three bad requests are chance, whatever share of few requests they are. This is what three may read as: `increase`
extrapolates to the whole window, which holds four scrapes or more."""

PERCENTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95", "p99": "0.99"}

_CLIENT_BUCKETS = (
    "0.005",
    "0.01",
    "0.025",
    "0.05",
    "0.075",
    "0.1",
    "0.25",
    "0.5",
    "0.75",
    "1",
    "2.5",
    "5",
    "7.5",
    "10",
)
_BY_ISTIO = "`prometheus.requests: istio` in the Environment if Istio carries the requests"
_ENVOY_BUCKETS = (
    *("0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000"),
    *("300000", "600000", "1800000", "3600000"),
)


class Unmeasured(NamedTuple):
    """Why nothing can be measured, and what to use so that something is."""

    reason: str
    instead: str


class RequestSeries(NamedTuple):
    """The series of one way to observe requests, for one endpoint."""

    counter: str
    """Counts requests."""
    histogram: str
    """Times requests, without the suffix ``_bucket``."""
    matchers: str
    """Label matchers that pick the endpoint's requests."""
    code: str | None
    """Label that holds the HTTP status; None where failures are not told apart."""
    buckets: tuple[str, ...]
    """Upper bounds of the histogram in its own unit."""
    per_second: int
    """The histogram's unit: how many of it are a second."""
    canary: str = 'revision="$canary"'
    """Label matchers that pick the canary's requests among them."""
    stable: str = 'revision="$stable"'
    """Label matchers that pick the requests of the version that the canary would replace."""
    example: Labels = ()
    """Labels of one such series, the matched ones among them, for the rules' tests."""
    others: tuple[Labels, ...] = ()
    """Labels of series that differ from it in one matched label each: they are not of this endpoint's requests."""

    def of_canary(self) -> RequestSeries:
        """The same, of the canary alone."""
        return self._replace(matchers=f"{self.matchers},{self.canary}")

    def of_stable(self) -> RequestSeries:
        """The same, of the version that the canary would replace."""
        return self._replace(matchers=f"{self.matchers},{self.stable}")

    @property
    def version(self) -> str:
        """The label that tells the requests of versions apart."""
        return self.canary.partition("=")[0]

    def requests(self, window: str, by: str = "") -> str:
        """Requests each second: all of them, or those of each value of a label."""
        return f"sum{_by(by)}(rate({self.counter}{{{self.matchers}}}[{window}]))"

    def failures(self, window: str, by: str = "") -> str:
        """Requests each second that the server answered with a status of 5xx."""
        return f'sum{_by(by)}(rate({self.counter}{{{self.matchers},{self.code}=~"5.."}}[{window}]))'

    def answered(self, window: str) -> str:
        """Requests each second that did not fail."""
        return f"sum(rate({self.histogram}_count{{{self.matchers}{self._not_failed}}}[{window}]))"

    def counted(self, window: str) -> str:
        """All requests of a window."""
        return f"sum(increase({self.counter}{{{self.matchers}}}[{window}]))"

    def counted_failures(self, window: str) -> str:
        """Requests of a window that the server answered with a status of 5xx."""
        return f'sum(increase({self.counter}{{{self.matchers},{self.code}=~"5.."}}[{window}]))'

    def counted_successes(self, window: str) -> str:
        """Requests of a window that the server answered with any other status."""
        return f'sum(increase({self.counter}{{{self.matchers},{self.code}!~"5.."}}[{window}]))'

    def counted_answered(self, window: str) -> str:
        """Requests of a window that did not fail."""
        return f"sum(increase({self.histogram}_count{{{self.matchers}{self._not_failed}}}[{window}]))"

    def counted_within(self, le: str, window: str) -> str:
        """Requests of a window that did not fail and took no longer than a bucket's bound, given by its matcher."""
        return f"sum(increase({self.histogram}_bucket{{{self.matchers}{self._not_failed},{le}}}[{window}]))"

    def answered_within(self, le: str, window: str) -> str:
        """Requests each second that did not fail and took no longer than a bucket's bound, given by its matcher."""
        return f"sum(rate({self.histogram}_bucket{{{self.matchers}{self._not_failed},{le}}}[{window}]))"

    def timed(self) -> str:
        """How many series time requests."""
        return f"count({self.histogram}_count{{{self.matchers}}})"

    def timed_within(self, le: str) -> str:
        """How many of them have the bucket that a matcher gives."""
        return f"count({self.histogram}_bucket{{{self.matchers},{le}}})"

    def le(self, milliseconds: int) -> str:
        """The matcher of the bucket that ends there; ValueError as `bucket`."""
        bound = self.bucket(milliseconds)
        # Clients in Python write whole bounds as 1.0, those in Go as 1.
        return f'le="{bound}"' if "." in bound else f'le=~"{bound}([.]0)?"'

    def percentile(self, name: str, window: str) -> str:
        """A percentile of the response time in seconds, interpolated within its bucket."""
        rate = f"sum by (le) (rate({self.histogram}_bucket{{{self.matchers}{self._not_failed}}}[{window}]))"
        quantile = f"histogram_quantile({PERCENTILES[name]}, {rate})"
        return quantile if self.per_second == 1 else f"{quantile} / {self.per_second}"

    @property
    def _not_failed(self) -> str:
        return f',{self.code}!~"5.."' if self.code else ""

    def bucket(self, milliseconds: int) -> str:
        """The bound of the bucket that ends exactly there; ValueError with the nearest bounds where none does."""
        bound = decimal_text(Decimal(milliseconds) * self.per_second / 1000)
        if bound in self.buckets:
            return bound
        lower = [b for b in self.buckets if Decimal(b) < Decimal(bound)]
        upper = [b for b in self.buckets if Decimal(b) > Decimal(bound)]
        nearest = " or ".join(f"`{self._duration(b)}`" for b in (*lower[-1:], *upper[:1]))
        raise ValueError(f"`{self.histogram}` has no bucket with that bound; the nearest are {nearest}")

    @property
    def without_failures(self) -> Unmeasured:
        """What there is to say to who asks for failures where the server counts none."""
        return Unmeasured(f"`{self.counter}` does not distinguish failures", f"{_BY_ISTIO}, or `protocol: v2`")

    @property
    def longest(self) -> Decimal:
        """The last bound in seconds; no percentile is ever above it."""
        return Decimal(self.buckets[-1]) / self.per_second

    def _duration(self, bound: str) -> str:
        milliseconds = Decimal(bound) * 1000 / self.per_second
        if milliseconds >= 1000 and milliseconds % 1000 == 0:
            return f"{decimal_text(milliseconds / 1000)}s"
        return f"{decimal_text(milliseconds)}ms"


def _but(example: Labels, **changes: str) -> tuple[Labels, ...]:
    """For each of these labels the example with another value of it."""
    return tuple(tuple((key, changes[each] if key == each else value) for key, value in example) for each in changes)


def _by(label: str) -> str:
    return f" by ({label}) " if label else ""


def mlserver(namespace: str, rollout: str) -> RequestSeries:
    """MLServer's REST metrics."""
    route = "/v2/models/{model_name}/"
    example = (("namespace", namespace), ("rollout", rollout), ("path", f"{route}infer"), ("method", "POST"))
    return RequestSeries(
        counter=MLSERVER.counter,
        histogram=MLSERVER.histogram,
        matchers=f'namespace="{namespace}",rollout="{rollout}",path=~".+/infer|/invocations"',
        code="status_code",
        buckets=_CLIENT_BUCKETS,
        per_second=1,
        example=example,
        others=_but(example, namespace=f"{namespace}-2", rollout=f"{rollout}-2", path=f"{route}ready"),
    )


def kserve_python(namespace: str, rollout: str) -> RequestSeries:
    """The metrics of KServe's own Python servers."""
    example = (("namespace", namespace), ("rollout", rollout), ("model_name", rollout))
    return RequestSeries(
        counter=KSERVE_PYTHON.counter,
        histogram=KSERVE_PYTHON.histogram,
        matchers=f'namespace="{namespace}",rollout="{rollout}"',
        code=None,
        buckets=_CLIENT_BUCKETS,
        per_second=1,
        example=example,
        others=_but(example, namespace=f"{namespace}-2", rollout=f"{rollout}-2"),
    )


def knative(namespace: str, rollout: str) -> RequestSeries:
    """The metrics of Knative's queue proxy."""
    example = (("namespace", namespace), ("rollout", rollout))
    return RequestSeries(
        counter="kn_serving_invocation_duration_seconds_count",
        histogram="kn_serving_invocation_duration_seconds",
        matchers=f'namespace="{namespace}",rollout="{rollout}"',
        code="http_response_status_code",
        buckets=_CLIENT_BUCKETS,
        per_second=1,
        example=example,
        others=_but(example, namespace=f"{namespace}-2", rollout=f"{rollout}-2"),
    )


def istio(namespace: str, services: str, canary: str, service: str) -> RequestSeries:
    """Istio's metrics; `services` is a regular expression of the endpoint's services, `service` one that it matches."""
    example = (
        ("reporter", "source"),
        ("destination_service_namespace", namespace),
        ("destination_service_name", service),
    )
    return RequestSeries(
        counter="istio_requests_total",
        histogram="istio_request_duration_milliseconds",
        matchers=(
            f'reporter="source",destination_service_namespace="{namespace}",destination_service_name=~"{services}"'
        ),
        code="response_code",
        buckets=_ENVOY_BUCKETS,
        per_second=1000,
        canary=f'destination_service_name="{canary}"',
        stable=f'destination_service_name="{service}"',
        example=example,
        others=_but(
            example,
            reporter="destination",
            destination_service_namespace=f"{namespace}-2",
            destination_service_name=f"{service}-2",
        ),
    )


def request_series(
    *,
    target: Literal["kserve", "argo-rollouts"],
    mode: Literal["Standard", "Knative"],
    requests: Literal["server", "istio"],
    metrics: ServerMetrics,
    namespace: str,
    rollout: str,
) -> RequestSeries | Unmeasured:
    """The series that count this endpoint's requests, or why there are none; `metrics` are those of its server."""
    if requests == "istio":
        if target == "argo-rollouts":
            return istio(namespace, f"{rollout}-(stable|canary)", f"{rollout}-canary", f"{rollout}-stable")
        if mode == "Knative":
            return Unmeasured(
                "Istio counts Knative's requests under the activator or the revision, alternately",
                "`prometheus.requests: server` in the Environment: Knative's queue proxy counts them",
            )
        # Predictors that take turns as canary are named by digest: NAME-v1a2b3c4d-predictor.
        return istio(namespace, f"{rollout}(-v[0-9a-f]{{8}})?-predictor", "", f"{rollout}-predictor")
    if target == "kserve" and mode == "Knative":
        return knative(namespace, rollout)
    if not metrics.counter:
        return Unmeasured(
            f"{metrics.server} has no response-time histogram and counts failures separately from requests",
            f"{_BY_ISTIO}, or another `format`",
        )
    return mlserver(namespace, rollout) if metrics == MLSERVER else kserve_python(namespace, rollout)
