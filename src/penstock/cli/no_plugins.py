"""Stands in the place of pydantic's own loader of plugins, which have no say in what specs mean.

That loader imports `importlib.metadata`, and with it `email`, `zipfile` and `socket`, before it learns that no plugin
is wanted: forty modules, and a twentieth of the time of a short command.
"""

from __future__ import annotations

NAME = "pydantic.plugin._loader"
"""The module that it stands for."""


def get_plugins() -> tuple[()]:
    """No plugins."""
    return ()
