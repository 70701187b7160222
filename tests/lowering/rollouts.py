"""A small repository around one rollout, as text, and its plans; tests change the text where they need another."""

from __future__ import annotations

from penstock.catalog.load import load_files
from penstock.catalog.model import View
from penstock.source.model import SourceFile

DIGEST = "sha256:" + "1a2b3c4d" * 8
PREVIOUS = "sha256:" + "9f8e7d6c" * 8

ENVIRONMENT = """
apiVersion: penstock/v1
kind: Environment
metadata: {name: production, owner: platform}
spec:
  stage: production
  namespace: ml-prod
  images:
    runtime: registry.example/penstock@IMAGE
    server: registry.example/mlserver@IMAGE
  modelStore: s3://models/production
  kserve: {version: "0.21", gatewayNamespace: proxies}
  argoRollouts: {version: "1.9", gateway: gateways/public, domain: models.example.com}
  keda: {version: "2.20"}
  prometheus:
    ruleLabels: {release: kube-prometheus-stack}
    runbooks: https://runbooks.example.com/models
""".replace("IMAGE", DIGEST)

ROLLOUT = """
apiVersion: penstock/v1
kind: Rollout
metadata:
  name: flight-delay-online
  owner: flight-ml
  description: Answers the boarding service.
  labels: {cost-centre: "4711"}
spec:
  model: flight-delay
  environments: [production]
  serve:
    target: kserve
    replicas: {min: 3, max: 12, metric: cpu, target: 70}
    resources: {cpu: "1", memory: 2Gi}
    timeout: 5s
  strategy:
    canary:
      steps:
        - {weight: 5%, hold: 30m}
        - {weight: 25%, hold: 2h}
        - {weight: 100%}
  slos:
    availability: {objective: 99.9%}
    latency: {objective: 99%, below: 100ms}
  monitor:
    schedule: "30 5 * * *"
    drift:
      - {id: inputs, test: psi, above: 0.25, window: 7d, persist: {breaches: 3, of: 5}}
      - {id: scores, of: prediction, test: psi, above: 0.2, window: 7d, then: [page, ticket]}
    quality:
      - {id: ranking, metric: roc_auc, below: 0.62, window: 14d, minLabels: 2000, then: [page, ticket]}
    business:
      - {id: saved-hours, promql: 'sum(rate(saved_hours_total{app="boarding"}[1h]))', below: 0.4}
      - {id: queue, promql: boarding_queue, above: 100, hold: 10m, then: [page]}
  access:
    callers:
      - {namespace: boarding, pods: {app: gate}}
      - {namespace: desk}
"""

RELEASE = f"""
apiVersion: penstock/v1
kind: Release
metadata: {{name: production-release, owner: flight-ml}}
spec:
  rollout: flight-delay-online
  environment: production
  version: {{digest: "{DIGEST}"}}
  specs: "{DIGEST}"
  datasets: {{}}
  evidence: {{path: evidence/flight-delay.json, digest: "{DIGEST}"}}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """`text` with each first part replaced by the second; it must be there."""
    for old, new in changes:
        assert old in text, f"{old!r} is not in the text"
        text = text.replace(old, new)
    return text


def view(rollout: str = ROLLOUT, environment: str = ENVIRONMENT, release: str | None = RELEASE) -> View:
    """The view of production over these specs."""
    text = "---".join(part for part in (environment, rollout, release) if part is not None)
    catalog = load_files([SourceFile("specs/all.yaml", "", text)])
    for spec_id in catalog.ids():
        assert not catalog.problems(spec_id), catalog.problems(spec_id)
    return catalog.view("production")


ONLINE = "flight-delay-online"

BY_HAND = changed(ROLLOUT, (", hold: 30m", ""), (", hold: 2h", ""))
"""The same, as a canary that pull requests advance: what KServe can do."""
BY_ITSELF = changed(
    ROLLOUT,
    ("target: kserve", "target: argo-rollouts"),
    (
        "        - {weight: 100%}\n",
        "        - {weight: 100%}\n"
        "      abortOn:\n"
        "        - {id: errors, errorRate: 1%}\n"
        "        - {id: slow, latency: {percentile: p95, above: 100ms}}\n"
        "        - {id: doubt, query: {promql: 'avg(doubt{revision=\"$canary\"})', below: 0.25}}\n",
    ),
)
"""The same, as a canary that Argo Rollouts advances and aborts."""
BURNING = changed(
    BY_ITSELF,
    ("{id: errors, errorRate: 1%}", "{id: budget, burnRate: {above: 14.4}}"),
    ("{id: slow, latency: {percentile: p95, above: 100ms}}", "{id: late, burnRate: {slo: latency, above: 14.4}}"),
)
"""The same, as one that its objectives' error budgets abort."""
COMPARING = changed(
    BY_ITSELF,
    ("{id: errors, errorRate: 1%}", "{id: errors, excessErrorRate: 0.5%}"),
    ("above: 100ms}}", "aboveStable: 10%}}"),
    ("below: 0.25", "belowStable: 5%"),
)
"""The same, as one that is judged by comparison with the stable version alone."""
COMPARING_TOO = changed(BY_ITSELF, ("{id: errors, errorRate: 1%}", "{id: errors, excessErrorRate: 0.5%}"))
"""The same, as one that is judged by bounds and by comparison."""
PLAIN = changed(BY_HAND, (BY_HAND[BY_HAND.index("  strategy:") : BY_HAND.index("  slos:")], ""))
"""The same without a canary."""
BY_REQUESTS = ("metric: cpu, target: 70", "metric: rps, target: 50")
KNATIVE = changed(ENVIRONMENT, ('version: "0.21", gatewayNamespace: proxies}', 'version: "0.21", mode: Knative}'))
ISTIO = changed(ENVIRONMENT, ("  prometheus:\n", "  prometheus:\n    requests: istio\n"))


def release(step: int | None = None, previous: str | None = PREVIOUS) -> str:
    """The release with a version before it, at a step of its canary; through with it where that is None."""
    more = f'  previous: {{digest: "{previous}"}}\n' if previous else ""
    more += f"  step: {step}\n" if step is not None else ""
    return changed(RELEASE, ("  specs:", f"{more}  specs:"))


def with_egress(egress: str, environment: str = ENVIRONMENT) -> str:
    return changed(environment, ("  prometheus:\n", f"  egress: {egress}\n  prometheus:\n"))
