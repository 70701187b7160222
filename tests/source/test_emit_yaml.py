"""What is emitted is read back as it was, by every reader, and looks as a person would write it."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings

from penstock.source.model import SourceFile
from penstock.source.reading.yaml_reader import read_documents
from penstock.source.writing.emit_yaml import emit_yaml, emit_yaml_documents, emit_yaml_line
from penstock.source.writing.recurring import Recurring
from source.strategies import mappings, values


def exactly(value: Any) -> str:
    """A text that tells 1 from 1.0 and from true, and 0.0 from -0.0."""
    return repr(value)


@settings(max_examples=400, deadline=None)
@given(values)
def test_pyyaml_reads_back_exactly_what_was_emitted(value: Any) -> None:
    assert exactly(yaml.load(emit_yaml(value), yaml.CSafeLoader)) == exactly(value)


@settings(max_examples=400, deadline=None)
@given(mappings)
def test_our_own_strict_reader_has_nothing_against_what_was_emitted(value: dict[str, Any]) -> None:
    documents, diagnostics = read_documents(SourceFile("a.yaml", "", emit_yaml(value)))
    assert diagnostics == []
    assert [exactly(document.value) for document in documents] == [exactly(value)]


@settings(max_examples=100, deadline=None)
@given(values)
def test_the_pure_python_reader_agrees(value: Any) -> None:
    assert exactly(yaml.safe_load(emit_yaml(value))) == exactly(value)


@settings(max_examples=400, deadline=None)
@given(values)
def test_one_line_reads_back_exactly_too(value: Any) -> None:
    line = emit_yaml_line(value)
    assert "\n" not in line
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        assert exactly(yaml.load(line, loader)) == exactly(value)


def test_one_line_reads_as_a_person_would_write_it() -> None:
    value = {"sql": "age / 10", "type": "float", "match": ["id", "a, b"], "sure": True, "not": "true", "of": {}}
    assert emit_yaml_line(value) == '{sql: age / 10, type: float, match: [id, "a, b"], sure: true, not: "true", of: {}}'


def test_a_manifest_reads_as_a_person_would_write_it() -> None:
    manifest = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "metadata": {"name": "delay", "labels": {}, "annotations": {"canary": "true", "revision": "010"}},
        "spec": {
            "containers": [
                {"name": "model", "args": ["--port", "8080"], "limits": {"cpu": "1", "memory": "2Gi"}},
                {"name": "proxy", "env": []},
            ],
            "matrix": [[1, 2], [], [{"a": None}]],
            "expr": 'sum(rate(requests_total{code=~"5.."}[5m])) > 0.5',
            "script": "set -e\n\n  run\n",
            "note": "no end\nof line",
            "keep": "two\n\n",
            "hidden": "trailing \nspace",
            "rate": 1e-7,
            "flag": False,
        },
    }
    assert emit_yaml(manifest) == (
        "apiVersion: serving.kserve.io/v1beta1\n"
        "metadata:\n"
        "  name: delay\n"
        "  labels: {}\n"
        "  annotations:\n"
        '    canary: "true"\n'
        '    revision: "010"\n'
        "spec:\n"
        "  containers:\n"
        "  - name: model\n"
        "    args:\n"
        "    - --port\n"
        '    - "8080"\n'
        "    limits:\n"
        '      cpu: "1"\n'
        "      memory: 2Gi\n"
        "  - name: proxy\n"
        "    env: []\n"
        "  matrix:\n"
        "  - - 1\n"
        "    - 2\n"
        "  - []\n"
        "  - - a: null\n"
        '  expr: sum(rate(requests_total{code=~"5.."}[5m])) > 0.5\n'
        "  script: |\n"
        "    set -e\n"
        "\n"
        "      run\n"
        "  note: |-\n"
        "    no end\n"
        "    of line\n"
        "  keep: |+\n"
        "    two\n"
        "\n"
        '  hidden: "trailing \\nspace"\n'
        "  rate: 1.0e-07\n"
        "  flag: false\n"
    )


def test_a_key_longer_than_yaml_allows_before_a_colon_is_written_in_its_long_form() -> None:
    value = {"k" * 2000: {"a": [1]}, "l" * 1500: "x", "m" * 1100: [1, {"b": 2}]}
    assert yaml.safe_load(emit_yaml(value)) == value


def test_long_text_is_not_folded() -> None:
    text = "word " * 500 + "end"
    assert emit_yaml({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**63, -(2**63) - 1, "\ud800"])
def test_what_does_not_survive_yaml_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot represent"):
        emit_yaml({"a": value})


@settings(max_examples=100, deadline=None)
@given(mappings, mappings)
@example({"a": "a block that ends in an empty line\n\n"}, {})
def test_the_text_of_a_recurring_mapping_is_the_same_wherever_it_stands(
    part: dict[str, Any], rest: dict[str, Any]
) -> None:
    def document(part: dict[str, Any]) -> dict[str, Any]:
        return {**rest, "here": part, "there": {"deep": {"deeper": part}}, "k" * 1200: part, "listed": [part, [part]]}

    recurring = Recurring(part)
    assert emit_yaml(recurring) == emit_yaml(part)
    assert emit_yaml(document(recurring)) == emit_yaml(document(part))
    assert emit_yaml(Recurring(document(recurring))) == emit_yaml(document(part))


def test_a_copy_of_a_recurring_mapping_may_change() -> None:
    recurring = Recurring(a=Recurring(b=1))
    emit_yaml(recurring)
    pickled = pickle.loads(pickle.dumps(recurring))
    for copied in (copy.copy(recurring), copy.deepcopy(recurring), recurring.copy(), pickled):
        copied["a"] = {**copied["a"], "b": 2}
        assert emit_yaml(copied) == "a:\n  b: 2\n"
    deep = copy.deepcopy(recurring)
    deep["a"]["b"] = 2
    assert emit_yaml(deep) == "a:\n  b: 2\n"
    assert emit_yaml(recurring) == "a:\n  b: 1\n"


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match="tuple"):
        emit_yaml({"a": (1, 2)})


def test_documents_of_one_file_are_divided() -> None:
    text = emit_yaml_documents([{"a": 1}, {"b": "x\n\n"}, {"c": 3}])
    assert list(yaml.safe_load_all(text)) == [{"a": 1}, {"b": "x\n\n"}, {"c": 3}]


def test_words_that_json_has_no_quotes_for_are_quoted_only_as_text() -> None:
    value = {"a": True, "b": "true", "c": None, "d": "null", "e": 5, "f": "5"}
    assert json.loads(json.dumps(yaml.safe_load(emit_yaml(value)))) == value
