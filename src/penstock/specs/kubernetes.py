"""Texts that Kubernetes takes as they are: names, labels, addresses of services.

Rules: https://kubernetes.io/docs/concepts/overview/working-with-objects/names and .../labels (RFC 1123 throughout).
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAMESPACE_PATTERN = f"^{_LABEL}$"
SUBDOMAIN_PATTERN = rf"^{_LABEL}(\.{_LABEL})*$"
GATEWAY_PATTERN = rf"^{_LABEL}/{_LABEL}(\.{_LABEL})*$"
_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LABEL_KEY_PATTERN = rf"^({_LABEL}(\.{_LABEL})*/)?{_WORD}$"
LABEL_VALUE_PATTERN = f"^({_WORD})?$"
URL_PATTERN = r"^https?://[^\s/]\S*$"
CIDR_PATTERN = r"^[0-9a-fA-F:.]+/\d{1,3}$"
STORE_PATTERN = r"^[a-z][a-z0-9+.-]*://\S+$"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html; a path is part of the name.
AWS_ROLE_PATTERN = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/([!-.0-~]+/)*[A-Za-z0-9_+=,.@-]{1,64}$"
# https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/create; the project of a domain
# (`example.com:project`) stands turned round. What machines have by default ends otherwise.
_GCP_NAME = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
GCP_ACCOUNT_PATTERN = rf"^{_GCP_NAME}@{_GCP_NAME}(\.{_LABEL})*\.iam\.gserviceaccount\.com$"
AZURE_CLIENT_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

RESERVED_LABELS = ("app.kubernetes.io/", "penstock/")
"""Prefixes of the labels that generated manifests carry already."""
_METADATA = ("100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128")
"""Of Alibaba, Amazon and Google: where machines get their credentials, besides link-local addresses."""
_LONGEST_PREFIX = 253


def _short_enough(text: str) -> str:
    if len(text) > _LONGEST_PREFIX:
        raise PydanticCustomError("name_length", f"expected at most {_LONGEST_PREFIX} characters")
    return text


def _short_prefix(key: str) -> str:
    _short_enough(key.rpartition("/")[0])
    return key


def _free(key: str) -> str:
    if key.startswith(RESERVED_LABELS):
        raise PydanticCustomError("reserved_label", "expected a label that the compiler does not set")
    return key


def _is_network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise PydanticCustomError("cidr", "expected an address range") from error
    if network.network_address != ip_address(text.partition("/")[0]):
        raise PydanticCustomError("cidr", "expected the first address of a range", {"meant": str(network)})
    if network.is_link_local or str(network) in _METADATA:
        raise PydanticCustomError("link_local", "expected addresses of a store")
    return str(network)


Namespace = Annotated[str, StringConstraints(pattern=NAMESPACE_PATTERN)]
_Subdomain = Annotated[str, StringConstraints(pattern=SUBDOMAIN_PATTERN), AfterValidator(_short_enough)]
ServiceAccount = _Subdomain
SecretName = _Subdomain
ObjectName = _Subdomain
ServingRuntimeName = _Subdomain
Domain = _Subdomain
Gateway = Annotated[str, StringConstraints(pattern=GATEWAY_PATTERN)]
Cidr = Annotated[str, StringConstraints(pattern=CIDR_PATTERN), AfterValidator(_is_network)]
"""A range of addresses, none of which gives out the credentials of a machine and nothing else."""
LabelKey = Annotated[str, StringConstraints(pattern=LABEL_KEY_PATTERN), AfterValidator(_short_prefix)]
FreeLabelKey = Annotated[LabelKey, AfterValidator(_free)]
"""A label of somebody's own, which no generated manifest carries by itself."""
LabelValue = Annotated[str, StringConstraints(pattern=LABEL_VALUE_PATTERN)]
Url = Annotated[str, StringConstraints(pattern=URL_PATTERN)]
"""An address that is asked over HTTP, with its scheme."""
AwsRole = Annotated[str, StringConstraints(pattern=AWS_ROLE_PATTERN)]
GcpAccount = Annotated[str, StringConstraints(pattern=GCP_ACCOUNT_PATTERN)]
AzureClient = Annotated[str, StringConstraints(pattern=AZURE_CLIENT_PATTERN)]
StoreUrl = Annotated[str, StringConstraints(pattern=STORE_PATTERN)]
"""An address of whatever scheme a client knows, such as a database's."""
