"""The controllers of KServe and Argo Rollouts, as processes that look after an API server."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cluster.api_server import Cluster
from loopback import free_port, running

_NAMESPACE = "kserve"
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""What a namespace of the restricted standard wants KServe's own init container to state."""


@contextmanager
def kserve(cluster: Cluster, tools: Path, folder: Path) -> Iterator[None]:
    """KServe as its own manifests install it, but for what the README of the target asks of a cluster: HTTPRoutes, and
    an init container fit for restricted pods. The webhooks stand before the API server."""
    manifests = tools / "manifests" / "kserve"
    cluster.namespace(_NAMESPACE)
    changed = [_configuration(manifests / "configuration.yaml"), _storage(manifests / "storage.yaml")]
    cluster.run("apply", "--server-side", "-f", "-", given=changed)
    cluster.run("apply", "--server-side", "-f", manifests / "runtime.yaml")
    # Where the controller looks for its certificate: in the folder for temporary files.
    certificate = _certificate(folder / "k8s-webhook-server" / "serving-certs")
    port = free_port()
    command = [tools / "bin" / "kserve-manager", "--webhook-port", str(port), "--metrics-addr", "127.0.0.1:0"]
    command += ["--health-probe-addr", f"127.0.0.1:{free_port()}"]
    environment = {"KUBECONFIG": str(cluster.kubeconfig), "POD_NAMESPACE": _NAMESPACE, "TMPDIR": str(folder)}
    with running(command, port, folder, environment) as address:
        at = address.replace("http://", "https://")
        cluster.apply(_webhooks(manifests / "webhooks.yaml", at, certificate))
        yield


@contextmanager
def argo_rollouts(cluster: Cluster, tools: Path, folder: Path) -> Iterator[str]:
    """The address of the metrics of the controller. It has no traffic router: that is a program of its own."""
    port, metrics = free_port(), free_port()
    command = [tools / "bin" / "rollouts-controller", "--kubeconfig", cluster.kubeconfig, "--leader-elect=false"]
    command += ["--healthzPort", str(port), "--metricsPort", str(metrics)]
    cluster.namespace("argo-rollouts")
    with running(command, port, folder):
        yield f"http://127.0.0.1:{metrics}/metrics"


def _configuration(path: Path) -> dict[str, Any]:
    configuration: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    ingress = json.loads(configuration["data"]["ingress"])
    ingress |= {"enableGatewayApi": True, "kserveIngressGateway": "gateways/ml"}
    configuration["data"]["ingress"] = json.dumps(ingress)
    return configuration


def _storage(path: Path) -> dict[str, Any]:
    storage: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    storage["spec"]["container"]["securityContext"] = RESTRICTED
    return storage


def _webhooks(path: Path, address: str, certificate: bytes) -> list[dict[str, Any]]:
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    trusted = base64.b64encode(certificate).decode()
    for document in documents:
        document["metadata"].pop("creationTimestamp", None)
        for webhook in document["webhooks"]:
            reached = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = {"url": address + reached, "caBundle": trusted}
    return documents


def _certificate(folder: Path) -> bytes:
    """Write a certificate of 127.0.0.1 that vouches for itself, with its key; answer with the certificate (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    alone = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = builder.add_extension(alone, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    folder.mkdir(parents=True)
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate
