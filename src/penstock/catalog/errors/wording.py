"""What the language's patterns ask for, in words: nobody is shown a regular expression."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import NamedTuple

from penstock.catalog.learners.scikit_learn import learners
from penstock.specs.argo_cd import FOLDER_PATTERN, REPOSITORY_PATTERN, REVISION_PATTERN
from penstock.specs.base import DIGEST_PATTERN, FUNCTION_PATTERN, IMAGE_PATTERN, LOGIN_PATTERN, NAME_PATTERN
from penstock.specs.feature_set import VECTOR_PATTERN
from penstock.specs.kubernetes import (
    AWS_ROLE_PATTERN,
    AZURE_CLIENT_PATTERN,
    CIDR_PATTERN,
    GATEWAY_PATTERN,
    GCP_ACCOUNT_PATTERN,
    LABEL_KEY_PATTERN,
    LABEL_VALUE_PATTERN,
    NAMESPACE_PATTERN,
    STORE_PATTERN,
    SUBDOMAIN_PATTERN,
    URL_PATTERN,
)


class Wording(NamedTuple):
    """A pattern in words."""

    what: str
    """What the text is: ``a name``."""
    rule: str
    """What it must look like, with an example; the end of a sentence that begins with ``write``."""
    suggest: Callable[[str], str | None] = lambda _: None
    """The text that was probably meant; None where there is no good guess."""


def likely_name(text: str) -> str | None:
    """The name of a spec that the text was probably meant to be; None where nothing of it can be."""
    squeezed = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in text.lower()).split())
    return squeezed[:50].rstrip("-") or None


def _as_slug(text: str) -> str | None:
    name = likely_name(text)
    return name.lstrip("0123456789-") or None if name else None


def _as_identifier(text: str) -> str | None:
    word = "".join(c if c.isalnum() and c.isascii() else "_" for c in text).strip("_")
    return word if word and not word[0].isdigit() else None


def _as_subdomain(text: str) -> str | None:
    host = text.partition("://")[2].partition("/")[0].partition(":")[0] or text
    parts = [likely_name(part) for part in host.split(".")]
    return ".".join(part for part in parts if part) or None


def _with_scheme(text: str) -> str | None:
    return f"http://{text}" if text and "/" not in text and not any(map(str.isspace, text)) and ":" in text else None


def _without_login(text: str) -> str | None:
    scheme, mark, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if scheme.startswith("http") and path else None


def _as_function(text: str) -> str | None:
    module, _, function = text.removesuffix("()").rpartition(".")
    return f"{module}:{function}" if module and not {"/", ":"} & set(text) else None


def _as_range(text: str) -> str | None:
    """A single address as a range of one."""
    try:
        return str(ip_network(text))
    except ValueError:
        return None


def _as_class(text: str) -> str | None:
    """The learner of scikit-learn that was named without its package."""
    return next((path for path in learners() if path.rpartition(".")[2].lower() == text.lower()), None)


WORDINGS: dict[str, Wording] = {
    f"^{NAME_PATTERN}$": Wording(
        "a valid name", "at most 50 lower-case letters, digits and dashes, such as `flight-delay`", likely_name
    ),
    r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$": Wording(
        "a valid name", "lower-case letters, digits and dashes, starting with a letter, such as `enough-rows`", _as_slug
    ),
    r"^[A-Za-z_][A-Za-z0-9_]{0,62}$": Wording(
        "a valid feature name",
        "letters, digits and underscores, such as `wind_speed`",
        _as_identifier,
    ),
    VECTOR_PATTERN: Wording("the type of a vector", "how many numbers it has, such as `float[8]`"),
    r"^[A-Za-z_]\w*$": Wording(
        "a valid Python package name", "its import name in Python, such as `xgboost`", _as_identifier
    ),
    f"^{DIGEST_PATTERN}$": Wording("a valid digest", "`sha256:` and 64 lower-case hexadecimal digits"),
    f"^{IMAGE_PATTERN}$": Wording(
        "an image pinned by digest",
        "`registry/repository@sha256:` and 64 hexadecimal digits, since a tag can be moved",
    ),
    f"^{FUNCTION_PATTERN}$": Wording(
        "a valid function reference", "`module:function`, such as `systems.flights:departures`", _as_function
    ),
    r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$": Wording(
        "a valid class path", "its full path, such as `sklearn.linear_model.LogisticRegression`", _as_class
    ),
    r"^((s3|gs)://\S+|[\w-][\w./-]*)\.skops$": Wording(
        "a valid path of a skops file",
        "a path in the repository or an `s3://` or `gs://` address that ends in `.skops`",
    ),
    r"^\d+(\.\d+){1,2}$": Wording("a valid version", 'two or three numbers, quoted, such as `"0.21"`'),
    NAMESPACE_PATTERN: Wording(
        "a valid Kubernetes namespace", "at most 63 lower-case letters, digits and dashes", likely_name
    ),
    CIDR_PATTERN: Wording(
        "a valid address range", "CIDR notation, such as `10.20.0.0/16` or `fd00:20::/64`", _as_range
    ),
    GATEWAY_PATTERN: Wording("a valid gateway reference", "`namespace/name`, such as `istio-system/public`"),
    SUBDOMAIN_PATTERN: Wording(
        "a valid DNS name",
        "lower-case letters, digits, dashes and dots, such as `ml.example.com` or `pipeline-runner`",
        _as_subdomain,
    ),
    LABEL_KEY_PATTERN: Wording(
        "a valid label key",
        "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, and an optional `prefix/`",
    ),
    LABEL_VALUE_PATTERN: Wording(
        "a valid label value", "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
    ),
    STORE_PATTERN: Wording(
        "a valid address", "an address with its scheme, such as `http://mlflow.mlflow.svc:5000`", _with_scheme
    ),
    URL_PATTERN: Wording(
        "a valid address", "an address with its scheme, such as `http://prometheus.monitoring:9090`", _with_scheme
    ),
    REPOSITORY_PATTERN: Wording(
        "a valid address of a git repository",
        "it by HTTPS or SSH, such as `https://git.example.com/ml/platform.git`, without a user or password; Argo CD "
        "keeps credentials of its own",
        _without_login,
    ),
    REVISION_PATTERN: Wording("a valid revision", "a branch, a tag or a commit of git, such as `main`"),
    FOLDER_PATTERN: Wording(
        "a folder of the repository",
        "its path from the root, such as `platform/ml`, without `/` at the ends",
        lambda text: text.removeprefix("./").strip("/"),
    ),
    r"^(s3|gs|file)://\S+[^/]$": Wording(
        "a valid model store",
        "an address such as `s3://models/flights` or `file:///srv/models`, without a trailing `/`",
    ),
    rf"^{LOGIN_PATTERN}$": Wording(
        "a valid login",
        "the account's name on the forge, such as `octocat`, without `@`",
        lambda text: text.lstrip("@") or None,
    ),
    AWS_ROLE_PATTERN: Wording(
        "a valid ARN of an IAM role",
        "`arn:aws:iam::ACCOUNT:role/NAME` with the 12-digit account id, such as "
        "`arn:aws:iam::111122223333:role/model-reader`",
    ),
    GCP_ACCOUNT_PATTERN: Wording(
        "the address of a user-managed service account",
        "`NAME@PROJECT.iam.gserviceaccount.com`, a service account created in Google Cloud for this rollout",
    ),
    AZURE_CLIENT_PATTERN: Wording(
        "a valid Azure client id",
        "the GUID of the application's or managed identity's client id, such as `11111111-2222-3333-4444-555555555555`",
    ),
    r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$": Wording(
        "a valid receiver name",
        "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, such as `flight-ml-oncall`",
        likely_name,
    ),
    r"^[-._a-zA-Z0-9]{1,253}$": Wording(
        "a valid key of a Secret", "letters, digits, `-`, `_` and `.`, such as `routing-key`"
    ),
    r"^[#@]?[^\s#@{}]+$": Wording("a valid Slack channel", "a channel such as `#ml-alerts`, quoted"),
    r"^[^\s@,{}]+@[^\s@,{}]+$": Wording("a valid mail address", "a single address, such as `ml-alerts@example.com`"),
    r"^[A-Za-z0-9.-]+:\d{1,5}$": Wording(
        "a valid mail server",
        "`host:port`, such as `mail.example.com:587`",
        lambda text: f"{text}:587" if text and not {"/", ":"} & set(text) else None,
    ),
    r"^[a-z0-9-]+\..+$": Wording("a valid column reference", "`dataset.column`, such as `passengers.age_band`"),
    r"^[\w./-]+\.json$": Wording("a valid path of an evidence file", "the path of a `.json` file in the repository"),
    r"^[A-Za-z0-9+/]{43}=$": Wording("a valid Ed25519 public key", "its 32 bytes in base64: 43 characters and `=`"),
}
"""By the pattern as the language declares it; a test holds the table complete."""
