"""Argo CD without its server: what reads the repository, and what holds the cluster against it."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from cluster.api_server import Cluster, Document
from cluster.generated import GENERATED
from loopback import free_port, running

NAMESPACE = "argocd"
_PART = {"app.kubernetes.io/part-of": "argocd"}
_SECONDS = 120


@contextmanager
def argo_cd(cluster: Cluster, name: str, tools: Path, folder: Path, kustomize: Path) -> Iterator[None]:
    """Argo CD as its manifests for a cluster without users install it: settings, a cache, and two programs. It runs
    outside of the cluster, which it knows by a name."""
    program = tools / "bin" / "argo-cd"
    cluster.namespace(NAMESPACE)
    cluster.apply([*_settings(), _declared(cluster, name)])
    cache, manifests, metrics = free_port(), free_port(), free_port()
    homes = {part: folder / part for part in ("redis", "repo-server", "controller")}
    for home in homes.values():
        for below in ("", "tls", "ssh", "plugins", "tmp"):
            (home / below).mkdir()
    cached = ["--redis", f"127.0.0.1:{cache}"]
    # Otherwise a sync that is tried again takes the newest commit for what it was up to three minutes ago.
    reading = ["repo-server", "--disable-tls", "--address", "127.0.0.1", "--port", str(manifests)]
    reading += [
        "--metrics-address",
        "127.0.0.1",
        "--metrics-port",
        str(free_port()),
        "--revision-cache-expiration",
        "1s",
    ]
    # What somebody changed is put back at once. Its metrics are at all addresses of the machine: there is no other way.
    holding = ["controller", "--kubeconfig", str(cluster.kubeconfig), "--namespace", NAMESPACE]
    holding += ["--repo-server", f"127.0.0.1:{manifests}", "--repo-server-plaintext"]
    holding += ["--metrics-port", str(metrics), "--self-heal-backoff-timeout-seconds", "0"]
    with ExitStack() as started:

        def start(part: str, words: list[str], port: int) -> None:
            started.enter_context(running([program, *words], port, homes[part], _environment(homes[part], kustomize)))

        start("redis", ["redis", f"127.0.0.1:{cache}"], cache)
        start("repo-server", [*reading, *cached], manifests)
        start("controller", [*holding, *cached], metrics)
        yield


def _environment(home: Path, kustomize: Path) -> dict[str, str]:
    return {
        "PATH": f"{kustomize.parent}:/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(home / "tmp"),
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(home / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(home / "ssh"),
        "ARGOCD_PLUGINSOCKFILEPATH": str(home / "plugins"),
        "ARGOCD_CONTROLLER_SHARD": "0",
    }


def _settings() -> list[Document]:
    def named(name: str) -> dict[str, Any]:
        return {"name": name, "namespace": NAMESPACE, "labels": _PART}

    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named("argocd-cm")},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named("argocd-rbac-cm")},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": named("argocd-secret"),
            "stringData": {"server.secretkey": "of-no-server"},
        },
    ]


def _declared(cluster: Cluster, name: str) -> Document:
    """The cluster as Argo CD keeps it: its address, and who it is there."""
    kubeconfig = json.loads(cluster.kubeconfig.read_text(encoding="utf-8"))
    (reached,), (user,) = kubeconfig["clusters"], kubeconfig["users"]
    authority = Path(reached["cluster"]["certificate-authority"]).read_bytes()
    trusted = {"insecure": False, "caData": base64.b64encode(authority).decode()}
    login = {"bearerToken": user["user"]["token"], "tlsClientConfig": trusted}
    labels = {"argocd.argoproj.io/secret-type": "cluster"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"cluster-{name}", "namespace": NAMESPACE, "labels": labels},
        "stringData": {"name": name, "server": reached["cluster"]["server"], "config": json.dumps(login)},
    }


class Followed:
    """A repository that holds the committed files of an environment, and the Application that follows it."""

    def __init__(self, cluster: Cluster, folder: Path, environment: str) -> None:
        self.cluster = cluster
        self._root = folder
        self.folder = folder / "generated" / environment
        shutil.copytree(GENERATED / environment, self.folder)
        self._git("init", "--quiet", "--initial-branch=main")
        self.commit()
        text = (self.folder / "argo-cd.yaml").read_text(encoding="utf-8")
        self.project, self.application = self._here(list(yaml.safe_load_all(text)))
        self.namespace = str(self.application["spec"]["destination"]["namespace"])
        self.name = str(self.application["metadata"]["name"])
        self.destination = str(self.application["spec"]["destination"]["name"])

    def _here(self, documents: list[Document]) -> list[Document]:
        """The documents, of a repository that is on this machine."""
        (declared,) = {one["spec"]["source"]["repoURL"] for one in documents if one["kind"] == "Application"}
        text = json.dumps(documents).replace(json.dumps(declared), json.dumps(f"file://{self._root}"))
        here: list[Document] = json.loads(text)
        return here

    def _git(self, *words: str) -> None:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        subprocess.run(["git", "-C", self._root, *identity, *words], check=True, capture_output=True, timeout=60)

    def commit(self) -> None:
        """Commit all that lies there."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", "What is generated")

    def change(self, file: str, before: str, after: str) -> None:
        """Commit a file with another text in it."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) >= 1, before
        path.write_text(text.replace(before, after), encoding="utf-8")
        self.commit()

    def follow(self) -> None:
        """Let Argo CD follow the repository."""
        self.cluster.namespace(self.namespace)
        self.cluster.apply([self.project, self.application])

    def looked(self) -> Document:
        """The Application once Argo CD has compared the cluster with the newest commit, and has nothing to do."""
        self._annotate("argocd.argoproj.io/refresh=normal")

        def look() -> Document | None:
            found = self.cluster.get("application", self.name, NAMESPACE)
            asked = "argocd.argoproj.io/refresh" in found["metadata"].get("annotations", {})
            state = found.get("status", {}).get("operationState", {}).get("phase")
            return found if not asked and "operation" not in found and state not in (None, "Running") else None

        return self.cluster.until(f"a look at {self.name}", look, _SECONDS)

    def until(self, status: str) -> Document:
        """The Application once its sync status is so."""

        def look() -> Document | None:
            found = self.looked()
            return found if found["status"]["sync"]["status"] == status else None

        return self.cluster.until(f"{self.name} to be {status}", look, _SECONDS)

    def refused(self) -> set[str]:
        """The kinds that a sync of the newest commit was refused for; waits for such a sync."""
        self._annotate("argocd.argoproj.io/refresh=normal")

        def look() -> set[str]:
            state = self.cluster.get("application", self.name, NAMESPACE)["status"].get("operationState", {})
            tried = state.get("syncResult", {}).get("resources", [])
            return {one["kind"] for one in tried if "is not permitted in project" in one.get("message", "")}

        return self.cluster.until(f"a sync of {self.name} that is refused", look, _SECONDS)

    def waits_for(self, resource: str) -> None:
        """Wait until a sync waits until a resource is healthy."""
        self._annotate("argocd.argoproj.io/refresh=normal")
        message = f"waiting for healthy state of {resource}"

        def look() -> bool:
            state = self.cluster.get("application", self.name, NAMESPACE)["status"].get("operationState", {})
            return state.get("phase") == "Running" and message in state.get("message", "")

        self.cluster.until(message, look, _SECONDS)

    def ends(self) -> None:
        """End the sync that is on its way, as `argocd app terminate-op` does it."""
        ended = {"status": {"operationState": {"phase": "Terminating"}}}
        words = ("--type=merge", "-p", json.dumps(ended))
        self.cluster.run("patch", "application", self.name, "-n", NAMESPACE, *words)

    def out_of_sync(self) -> set[tuple[str, str]]:
        """Kind and name of what differs from the newest commit."""
        resources = self.looked()["status"]["resources"]
        return {(one["kind"], one["name"]) for one in resources if one.get("status") != "Synced"}

    def _annotate(self, annotation: str) -> None:
        self.cluster.run("annotate", "--overwrite", "application", self.name, "-n", NAMESPACE, annotation)
