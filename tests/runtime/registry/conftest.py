"""An object store: a server that speaks S3, on loopback."""

from __future__ import annotations

import re
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from loopback import free_port, running


@pytest.fixture(scope="module")
def s3_server(
    root: Path, lacking: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of moto's server."""
    program = root / ".tools" / "s3" / "bin" / "moto_server"
    if not program.is_file():
        lacking("moto is missing: `make tools` installs it")
    port = free_port()
    with running((program, "-H", "127.0.0.1", "-p", str(port)), port, tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture
def s3_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket, as ``s3://NAME``; the variables of AWS lead to it."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{uuid.uuid4().hex}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_server}/{name}", method="PUT"), timeout=30).close()
    return f"s3://{name}"


@pytest.fixture
def s3_objects(s3_server: str, s3_bucket: str) -> Callable[[], list[str]]:
    """The keys of all objects of the bucket, as S3 itself lists them."""

    def listed() -> list[str]:
        address = f"{s3_server}/{s3_bucket.removeprefix('s3://')}?list-type=2"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return re.findall("<Key>([^<]*)</Key>", answer.read().decode())

    return listed
