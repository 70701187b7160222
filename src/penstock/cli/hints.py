"""The hint for whoever has models and no Environment, which is where a repository usually begins."""

from __future__ import annotations

from penstock.compiler import Nowhere
from penstock.diagnostics.grammar import counted

_SMALLEST = """\
apiVersion: penstock/v1
kind: Environment
metadata: {name: local, owner: OWNER}
spec:
  stage: development
  cluster: false"""


def missing_environment_hint(nowhere: Nowhere) -> str:
    """What is missing, and the smallest Environment that would do."""
    return (
        f"hint: no Environment is declared, so nothing is compiled for {counted(nowhere.models, 'model')}; "
        f"the smallest one, for local runs:\n\n{_SMALLEST.replace('OWNER', nowhere.owner)}"
    )
