"""A model is served by the image of MLServer that KServe brings, which has older libraries than it is saved with.

What it does: looks for Rollouts with `target: kserve` that MLServer serves, in environments without a `server` image.

Why: a model is a pickle, and loads with the libraries that it was saved with. The ServingRuntime `kserve-mlserver` of
KServe 0.20 starts MLServer 1.7.1 with Python 3.10, NumPy 1.26 and scikit-learn 1.5; what the runtime image trains ends
there in `PCG64 is not a known BitGenerator module`, and no pod becomes ready. What a platform has put into its own
`kserve-mlserver` nobody sees here.

Example:

    kind: Environment
    spec: {images: {runtime: "REGISTRY/penstock@sha256:..."}, kserve: {version: "0.21"}, ...}

Use instead: an image of MLServer with the packages of the runtime image, in the Environment

    images: {runtime: "REGISTRY/penstock@sha256:...", server: "REGISTRY/mlserver@sha256:..."}

or `image` in the Rollout's `serve`; or `runtime`, with the name of a ServingRuntime of your own.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.rollout import Rollout


@rule("stock-server", severities=WARNS)
def stock_server(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields a rollout that KServe's own image of MLServer would serve in this environment."""
    environment, serve = view.environment, rollout.spec.serve
    if environment is None or environment.name not in rollout.spec.environments or environment.spec.kserve is None:
        return
    if serve.target != "kserve" or not serve.is_by_mlserver or serve.image or environment.spec.server_image:
        return
    yield Diagnostic.warning(
        "stock-server",
        f"KServe's own image serves `{rollout.name}` in `{environment.name}`, with older libraries than its model",
        view.span(rollout, ("serve", "target")),
        secondary=(Label(view.span(environment, ("images",), "key"), "no `server` here"),),
        help=(
            "add an image of MLServer with the packages of the runtime image to the environment: "
            '`images: {runtime: ..., server: "REGISTRY/mlserver@sha256:..."}`',
        ),
    )
