"""The file of a registry in SQLite: there as a whole, or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_SCHEME = "sqlite:///"


def create_database(uri: str) -> None:
    """Make MLflow's database at a ``sqlite:///`` address, unless it is there; nothing for other addresses.

    MLflow makes its tables one after another, for seconds. Interrupted, it would leave some of them, and could neither
    use them nor go on from there. So they are made in another file, which then gets the name.

    Raises:
        OSError: the folder cannot be written.
    """
    if not uri.startswith(_SCHEME) or ":memory:" in uri or "?" in uri:
        return
    from sqlalchemy.engine import make_url

    path = Path(make_url(uri).database or "")
    if path.exists():
        return
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mlflow-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        address = make_url(uri).set(database=str(made)).render_as_string()
        store = SqlAlchemyStore(address, DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH)  # type: ignore[no-untyped-call]
        store.engine.dispose()
        # Unlike a rename, a link leaves the file that another process may have made meanwhile.
        try:
            os.link(made, path)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            made.replace(path)
