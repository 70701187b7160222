"""An API server of Kubernetes of this machine's own, and kubectl to speak with it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from loopback import free_port, running

Found = TypeVar("Found")
Document = dict[str, Any]

_RESTRICTED = {f"pod-security.kubernetes.io/{what}": "restricted" for what in ("enforce", "warn")}


class RefusedError(Exception):
    """What kubectl says where it does not do what it is told to."""


class Cluster:
    """An API server as its administrator sees it, through kubectl."""

    def __init__(self, kubectl: Path, folder: Path) -> None:
        self._kubectl = kubectl
        self._folder = folder
        self.kubeconfig = folder / "kubeconfig"

    def run(self, *words: str | Path, given: Iterable[Document] = (), ends: tuple[int, ...] = (0,)) -> str:
        """What kubectl prints; `given` documents are its input. Raises `RefusedError` where it ends otherwise."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "KUBECONFIG": str(self.kubeconfig)}
        text = yaml.safe_dump_all(given) if given else None
        command = [self._kubectl, *words]
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, timeout=60)
        if done.returncode not in ends:
            raise RefusedError(done.stderr or done.stdout)
        return done.stdout

    def apply(self, documents: Iterable[Document], *options: str) -> None:
        """Server-side, as a cluster that follows the repository does it; a field or a warning too many is an error."""
        strictly = ("--server-side", "--validate=strict", "--warnings-as-errors")
        self.run("apply", *strictly, *options, "-f", "-", given=documents)

    def define(self, definitions: Path) -> None:
        """Apply definitions of kinds, and wait until the API server knows all that it has been given."""
        self.run("apply", "--server-side", "-f", definitions)

        def known() -> bool:
            kinds = json.loads(self.run("get", "crd", "-o", "json"))["items"]
            # Of one that it has only just been given it says nothing yet.
            conditions = [one.get("status", {}).get("conditions") or () for one in kinds]
            return all(any(c["type"] == "Established" and c["status"] == "True" for c in each) for each in conditions)

        self.until("the kinds to be known", known)

    def differences(self, documents: Iterable[Document]) -> str:
        """What applying the documents would change; empty for nothing."""
        return self.run("diff", "--server-side", "-f", "-", given=documents, ends=(0, 1))

    def create(self, document: Document, *options: str) -> Document:
        """The object as the API server and its webhooks leave it."""
        made: Document = json.loads(self.run("create", *options, "-o", "json", "-f", "-", given=[document]))
        return made

    def namespace(self, name: str) -> None:
        """A namespace that takes only pods of the restricted standard, unless there is one."""
        metadata = {"name": name, "labels": _RESTRICTED}
        self.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])

    def get(self, kind: str, name: str, namespace: str) -> Document:
        found: Document = json.loads(self.run("get", kind, name, "-n", namespace, "-o", "json"))
        return found

    def all(self, kind: str, namespace: str, selector: str = "") -> list[Document]:
        """The objects of a kind in a namespace, by name."""
        listed = self.run("get", kind, "-n", namespace, "--selector", selector, "-o", "json")
        return sorted(json.loads(listed)["items"], key=lambda one: str(one["metadata"]["name"]))

    def versions(self, documents: Iterable[Document]) -> dict[str, str]:
        """The version of each object as the API server counts them: it moves with every change, and with no other."""
        listed = json.loads(self.run("get", "-o", "json", "-f", "-", given=documents))
        found = listed.get("items", [listed])
        return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in found}

    def says(self, kind: str, name: str, namespace: str, status: Document) -> None:
        """Write into an object's status, as the controller of its kind would."""
        words = ("--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
        self.run("patch", kind, name, "-n", namespace, *words)

    def until(self, what: str, look: Callable[[], Found | None], seconds: int = 40) -> Found:
        """What `look` finds, once it finds something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.2)
        pytest.fail(f"not within {seconds} seconds: {what} (logs are in {self._folder})")


@contextmanager
def api_server(tools: Path, folder: Path) -> Iterator[Cluster]:
    """An empty API server over an etcd of its own; programs come from `tools`, state and logs stay in `folder`."""
    store, peers, port, token = free_port(), free_port(), free_port(), secrets.token_hex(16)
    homes = {name: folder / name for name in ("etcd", "api-server", "kubectl")}
    for home in homes.values():
        home.mkdir()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = folder / "service-accounts.pem"
    signer.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{token},admin,admin,"system:masters"\n')

    listen, peer = f"http://127.0.0.1:{store}", f"http://127.0.0.1:{peers}"
    etcd = [tools / "bin" / "etcd", "--data-dir", homes["etcd"] / "data", "--listen-client-urls", listen]
    etcd += ["--advertise-client-urls", listen, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    etcd += ["--initial-cluster", f"default={peer}"]
    server = [tools / "bin" / "kube-apiserver", "--etcd-servers", listen, "--bind-address", "127.0.0.1"]
    server += ["--secure-port", str(port), "--cert-dir", homes["api-server"], "--token-auth-file", tokens]
    server += ["--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", signer]
    server += ["--service-account-signing-key-file", signer, "--service-cluster-ip-range", "10.0.0.0/16"]
    server += ["--authorization-mode", "RBAC"]
    # Nothing is stored for longer than the test, so nothing has to be on the disk.
    with running([*etcd, "--unsafe-no-fsync"], store, homes["etcd"]), running(server, port, homes["api-server"]):
        cluster = Cluster(tools / "bin" / "kubectl", homes["kubectl"])
        authority = homes["api-server"] / "apiserver.crt"
        cluster.kubeconfig.write_text(json.dumps(_kubeconfig(f"https://127.0.0.1:{port}", authority, token)))
        cluster.until("an API server that is ready", lambda: _is_ready(cluster))
        yield cluster


def _is_ready(cluster: Cluster) -> bool:
    try:
        return cluster.run("get", "--raw", "/readyz") == "ok"
    except RefusedError:
        return False


def _kubeconfig(address: str, authority: Path, token: str) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "clusters": [{"name": "test", "cluster": {"server": address, "certificate-authority": str(authority)}}],
        "users": [{"name": "admin", "user": {"token": token}}],
    }
