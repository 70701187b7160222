"""`penstock check`, `explain` and `schema`, as one runs them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from catalog.repositories import edited, small
from penstock.cli.main import main
from penstock.cli.output import source_of


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write(tmp_path, small())


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return write(tmp_path, edited(small(), "specs/gate.yaml", "  model: delay\n", "  model: delays\n"))


def test_sound_specs_are_counted(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(repository)]) == 0
    assert capsys.readouterr().out == "14 specs, no errors\n"


def test_a_mistake_is_shown_and_counts(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(broken)]) == 1
    said = capsys.readouterr().err
    assert "error[unknown-model]" in said
    assert "5 |   model: delays" in said


def test_a_file_beside_the_one_that_is_named_is_a_warning(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"data/wether.csv": "origin\n"})
    assert main(["check", "--root", str(repository)]) == 0
    said = capsys.readouterr()
    assert "warning[data-path]: there is no `weather.csv` in `data`" in said.err
    assert said.out == "14 specs, no errors\n"


def test_what_a_target_would_ignore_is_a_mistake_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = small()
    files["specs/platform.yaml"] = files["specs/platform.yaml"].replace("{mode: Knative}", "{mode: Standard}")
    assert main(["check", "--root", str(write(tmp_path, files))]) == 1
    assert "error[ignored-field]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{name: audit, command: [audit], after: [trian]}", "did you mean `train`?"),
        ("{name: train, command: [audit]}", "another step is named `train`"),
        ("{name: audit, command: [audit], after: [evaluate], before: [split]}", "evaluate -> audit -> split"),
    ],
)
def test_a_step_of_ones_own_that_fits_nowhere_is_a_mistake(
    step: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = edited(small(), "specs/model.yaml", "  slices: [origin]", f"  slices: [origin]\n  steps: [{step}]")
    assert main(["check", "--root", str(write(tmp_path, files))]) == 1
    said_all = capsys.readouterr().err
    assert "error[custom-step]" in said_all
    assert said in said_all


def test_json_is_for_programs(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", "--root", str(broken)]) == 1
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (found["code"], found["primary"]["span"]["line"]) == ("unknown-model", 5)


def test_sarif_carries_the_manual(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "sarif", "--root", str(broken)]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["unknown-model"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["unknown-model"]


def test_github_gets_annotations(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "github", "--root", str(broken)]) == 1
    assert capsys.readouterr().out.startswith("::error file=specs/gate.yaml,line=5,")


def test_the_root_is_the_nearest_folder_that_holds_specs(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository / "systems")
    assert main(["check"]) == 0
    assert "14 specs" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check"], ["explain", "Gate/delay-release"]])
def test_without_specs_it_is_said_where_they_were_looked_for(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_folder_of_another_case_is_named_where_there_is_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Specs").mkdir()
    if (tmp_path / "specs").exists():
        pytest.skip("this file system does not tell case apart")
    assert main(["check", "--root", str(tmp_path)]) == 2
    assert "names are case-sensitive in git: rename `Specs` to `specs`" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "compile"])
def test_a_file_that_is_not_read_is_a_warning_at_every_run(
    command: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "specs/more.YAML").write_text("kind: Model\n")
    for _ in range(2):
        assert main([command, "--root", str(repository)]) == 0
        assert capsys.readouterr().err.count("warning[unread-file]") == 1


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK], ids=["pipe", "socket"])
@pytest.mark.parametrize("command", ["check", "compile"])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(command: str, kind: int, repository: Path) -> None:
    os.mknod(repository / "specs/pipe.yaml", kind | 0o600)
    words = [sys.executable, "-m", "penstock.cli.main", command, "--root", str(repository)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "specs/pipe.yaml:1:1\n  = it is not a regular file" in done.stderr


def test_nothing_is_shown_of_what_a_link_leads_to(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "secret").write_text("the first line\n")
    (repository / "specs/x.yaml").symlink_to("../secret")
    assert main(["check", "--root", str(repository)]) == 1
    said = capsys.readouterr().err
    assert "error[symbolic-link]" in said
    assert "the first line" not in said


def test_source_lines_are_those_of_plain_files_of_the_repository(repository: Path) -> None:
    (repository.parent / "beside.yaml").write_text("not ours\n")
    (repository / "linked").symlink_to("specs")
    os.mkfifo(repository / "pipe")
    text_of = source_of(repository)
    assert text_of("specs/gate.yaml") == (repository / "specs/gate.yaml").read_text()
    for path in (
        "../beside.yaml",
        str(repository.parent / "beside.yaml"),
        "linked/gate.yaml",
        "pipe",
        "specs",
        "/dev/zero",
    ):
        assert text_of(path) is None, path


def test_a_fault_of_its_own_is_a_short_apology(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("penstock.catalog.load.load_work_tree", lambda _: 1 // 0)
    monkeypatch.delenv("PENSTOCK_DEBUG", raising=False)
    assert main(["check", "--root", str(repository)]) == 70
    said = capsys.readouterr().err
    assert "PENSTOCK_DEBUG=1" in said
    assert "Traceback" not in said


def test_an_address_is_explained_in_its_environment(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "Rollout/delay-online.serve.replicas"
    assert main(["explain", address, "--environment", "staging", "--root", str(repository)]) == 0
    assert capsys.readouterr().out == (
        "Rollout/delay-online.serve.replicas\n"
        "  min     2    specs/rollout.yaml:18 (override)\n"
        "  max     2    specs/rollout.yaml:18 (override)\n"
        "  metric  rps  specs/rollout.yaml:8\n"
        "  target  70   default\n"
    )


def test_an_address_is_explained_to_programs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "Gate/delay-release.rules[quality].atLeast"
    assert main(["explain", address, "--format", "json", "--root", str(repository)]) == 0
    assert json.loads(capsys.readouterr().out)["values"] == [
        {
            "address": address,
            "value": 0.7,
            "origin": "spec",
            "path": "specs/gate.yaml",
            "line": 7,
            "description": "Lower bound.",
        }
    ]


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Gate/delay-relese", "did you mean `Gate/delay-release`?"),
        ("Gate/delay-release.rulez", "`Gate/delay-release` has no `rulez`"),
        ("Gate/Delay", "is not a valid address"),
        ("lable-leak", "did you mean `label-leak`?"),
        ("gate", "did you mean `Gate`?"),
        ("feature-set.source", "did you mean `FeatureSet.source`?"),
        ("flights", "there is no diagnostic `flights`; a spec is written with its kind: `Kind/flights`"),
        ("Gate/nothing", "known: `Gate/delay-release`"),
        ("Gaet/release", "did you mean `Gate`?"),
        ("Gate/delay-release.rules[qualty].metric", "did you mean `rules[quality]`?"),
        ("Gate/delay-release.rul", "did you mean `rules`?"),
        ("Model/delay.label.colum", "did you mean `label.column`?"),
        ("Rollout/delay-online.serve.replicas.x", "known: `serve.replicas.min`, `serve.replicas.max`"),
    ],
)
def test_what_cannot_be_explained_gets_a_hint(
    subject: str, said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", subject, "--root", str(repository)]) == 2
    assert said in capsys.readouterr().err


def test_a_spec_that_is_invalid_shows_its_mistakes_instead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path, edited(small(), "specs/gate.yaml", "atLeast: 0.70", "atLeats: 0.70"))
    assert main(["explain", "Gate/delay-release", "--root", str(root)]) == 1
    assert "did you mean `atLeast`?" in capsys.readouterr().err


def test_a_code_shows_its_page_outside_of_any_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "label-leak"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("label-leak\n\nA feature is derived from the label (target leakage).\n")
    assert "Use instead" in page


def test_schemas_are_written_for_editors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--out", str(tmp_path / "made" / "here")]) == 0
    written = {path.name: json.loads(path.read_text()) for path in (tmp_path / "made" / "here").iterdir()}
    assert {"schema.json", "Gate.schema.json", "Release.schema.json"} <= written.keys()
    for schema in written.values():
        Draft202012Validator.check_schema(schema)


def test_it_is_said_how_an_editor_comes_to_know_the_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "--out", ".penstock"]) == 0
    said = capsys.readouterr().out
    setting = '{"yaml.schemas": {".penstock/schema.json": "specs/**/*.yaml"}}'
    modeline = "# yaml-language-server: $schema=../.penstock/schema.json"
    assert f"\n  {setting}\n" in said
    assert f"\n  {modeline}\n" in said
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    assert setting.strip("{").removesuffix("}") in readme
    assert modeline in readme
    assert main(["schema", "Gate", "--out", ".penstock"]) == 0
    assert capsys.readouterr().out == "1 schema in .penstock\n"


def test_one_kind_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "Team"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Team"
    assert main(["schema", "Taem"]) == 2
    assert "`Team`" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_fault(repository: Path) -> None:
    command = [sys.executable, "-m", "penstock.cli.main", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""


def test_help_loads_no_library() -> None:
    script = (
        "import sys\n"
        "from penstock.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'pydantic', 'yaml', 'sqlglot', 'rich', 'jsonschema', 'orjson'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("metadata", "subject"),
    [
        (r'{name: delay-release, owner: o, description: "\e[31m\x9b\u202e"}', "Gate/delay-release.metadata"),
        (r'{name: "\e[31m\x9b\u202e", owner: flight-ml}', "Gate/release"),
    ],
)
def test_nothing_in_a_spec_is_obeyed_by_the_terminal_that_explains_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], metadata: str, subject: str
) -> None:
    files = edited(small(), "specs/gate.yaml", "{name: delay-release, owner: flight-ml}", metadata)
    main(["explain", subject, "--root", str(write(tmp_path, files))])
    shown = "".join(capsys.readouterr())
    assert "\u241b[31m\ufffd\ufffd" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
