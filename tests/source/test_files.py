"""Finding specifications, in a work tree and in a commit, which are to be read alike."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from penstock.diagnostics.model import Severity
from penstock.source.files import read_commit, read_file, scan
from penstock.source.git import call
from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from penstock.source.reading.characters import MAX_FILE_BYTES


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository."""
    run(tmp_path, "init", "-q", "-b", "main")
    run(tmp_path, "config", "user.name", "Somebody")
    run(tmp_path, "config", "user.email", "somebody@example.org")
    run(tmp_path, "config", "commit.gpgsign", "false")
    return tmp_path


def run(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(root: Path, path: str, text: str | bytes = "kind: A\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def commit(root: Path) -> str:
    run(root, "add", "-A")
    run(root, "commit", "-q", "-m", "a step")
    return run(root, "rev-parse", "HEAD")


def test_specifications_are_found_in_one_order_and_nothing_else(repository: Path) -> None:
    for path in (
        "specs/b.yaml",
        "specs/a/z.yml",
        "specs/a.yaml",
        "specs/README.md",
        "specs/.hidden/x.yaml",
        "other.yaml",
    ):
        write(repository, path)
    files, diagnostics = scan(repository)
    assert ([file.path for file in files], diagnostics) == (["specs/a.yaml", "specs/a/z.yml", "specs/b.yaml"], [])
    commit(repository)
    found, diagnostics = read_commit(GitRepository(repository), "HEAD")
    assert ([file.path for file in found], diagnostics) == (["specs/a.yaml", "specs/a/z.yml", "specs/b.yaml"], [])


def test_a_work_tree_and_its_commit_give_the_same_files(repository: Path) -> None:
    write(repository, "specs/a.yaml", "kind: Ä\n")
    write(repository, "specs/ein name mit\ttab.yaml")
    write(repository, 'specs/"quoted" é.yaml')
    commit(repository)
    from_commit, said_of_commit = read_commit(GitRepository(repository), "HEAD")
    stats, said_of_tree = scan(repository)
    assert [read_file(repository, stat.path)[0] for stat in stats] == from_commit
    assert said_of_tree == said_of_commit
    assert [found.code for found in said_of_tree] == ["bad-file-name"]


def test_the_blob_id_is_the_one_in_the_commit(repository: Path) -> None:
    write(repository, "specs/a.yaml", "kind: B\r\n")
    commit(repository)
    [file], _ = read_commit(GitRepository(repository), "HEAD")
    assert file.blob == run(repository, "rev-parse", "HEAD:specs/a.yaml")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/etc/hostname", "its target is outside of the repository"),
        ("loop.yaml", "its target does not exist, or it is part of a loop"),
        ("real.yaml", ""),
    ],
)
def test_a_link_is_refused_wherever_it_leads(repository: Path, target: str, why: str) -> None:
    write(repository, "specs/real.yaml")
    (repository / "specs/loop.yaml").symlink_to(target)
    files, [found] = scan(repository)
    assert [file.path for file in files] == ["specs/real.yaml"]
    assert (found.code, found.path, found.primary and found.primary.message) == (
        "symbolic-link",
        "specs/loop.yaml",
        why,
    )
    commit(repository)
    assert [found.code for found in read_commit(GitRepository(repository), "HEAD")[1]] == ["symbolic-link"]


def test_a_link_to_a_folder_above_ends_no_scan(repository: Path) -> None:
    write(repository, "specs/a.yaml")
    (repository / "specs/up").symlink_to("..")
    files, [found] = scan(repository)
    assert (len(files), found.code) == (1, "symbolic-link")


def test_files_that_cannot_be_read_are_named(repository: Path) -> None:
    write(repository, "specs/large.yaml", b"#" * (MAX_FILE_BYTES + 1))
    os.mkfifo(repository / "specs/pipe.yaml")
    _, diagnostics = scan(repository)
    assert [(found.code, found.path) for found in diagnostics] == [
        ("file-too-large", "specs/large.yaml"),
        ("unreadable-file", "specs/pipe.yaml"),
    ]
    assert read_file(repository, "specs/pipe.yaml")[1][0].code == "unreadable-file"
    assert read_file(repository, "specs/missing.yaml")[1][0].code == "unreadable-file"


def test_names_that_differ_in_case_alone_are_named(repository: Path) -> None:
    write(repository, "specs/Flights.yaml")
    write(repository, "specs/flights.yaml")
    if len(list((repository / "specs").iterdir())) < 2:
        pytest.skip("this file system does not tell case apart")
    files, [found] = scan(repository)
    assert (len(files), found.code, found.path) == (2, "case-collision", "specs/flights.yaml")
    commit(repository)
    assert read_commit(GitRepository(repository), "HEAD")[1] == [found]


def test_files_that_are_passed_over_for_the_case_of_their_names_are_named_once(repository: Path) -> None:
    for path in ("specs/a.yaml", "specs/deep/model.YAML", "specs/gate.Yml", "specs/.hidden.YAML", "specs/NOTES.MD"):
        write(repository, path)
    files, diagnostics = scan(repository)
    assert [file.path for file in files] == ["specs/a.yaml"]
    assert [(found.code, found.severity, found.path, found.help) for found in diagnostics] == [
        ("unread-file", Severity.WARNING, "specs/deep/model.YAML", ("rename it to `model.yaml`",)),
        ("unread-file", Severity.WARNING, "specs/gate.Yml", ("rename it to `gate.yml`",)),
    ]
    commit(repository)
    assert read_commit(GitRepository(repository), "HEAD")[1] == diagnostics


def test_json_among_the_specifications_is_told_to_be_passed_over(repository: Path) -> None:
    write(repository, "specs/a.yaml")
    write(repository, "specs/gate.json")
    files, [found] = scan(repository)
    assert [file.path for file in files] == ["specs/a.yaml"]
    assert (found.code, found.severity, found.path) == ("unread-file", Severity.WARNING, "specs/gate.json")
    assert "rename it to `gate.yaml`" in found.help[0]
    commit(repository)
    assert read_commit(GitRepository(repository), "HEAD")[1] == [found]


def test_a_folder_that_is_passed_over_for_the_case_of_its_name_is_named(repository: Path) -> None:
    write(repository, "specs/a.yaml")
    write(repository, "Specs/b.yaml")
    if len(list(repository.glob("[sS]pecs"))) < 2:
        pytest.skip("this file system does not tell case apart")
    files, [found] = scan(repository)
    assert [file.path for file in files] == ["specs/a.yaml"]
    assert (found.code, found.severity) == ("unread-file", Severity.WARNING)
    assert "`Specs`" in found.headline


def test_a_repository_without_specifications_is_told_so(repository: Path) -> None:
    assert [found.code for found in scan(repository)[1]] == ["no-specifications"]


def test_a_change_shows_in_what_a_scan_gives(repository: Path) -> None:
    file = write(repository, "specs/a.yaml")
    before = scan(repository)
    assert scan(repository) == before
    file.write_text("kind: BB\n")
    assert scan(repository) != before


def test_a_tree_is_read_at_the_revision_that_is_asked_for(repository: Path) -> None:
    write(repository, "specs/a.yaml", "kind: Old\n")
    old = commit(repository)
    write(repository, "specs/a.yaml", "kind: New\n")
    commit(repository)
    known = GitRepository(repository)
    assert [file.text for file in read_commit(known, old)[0]] == ["kind: Old\n"]
    assert known.resolve("HEAD~1") == old
    assert known.merge_base("HEAD", old) == old


def test_the_repository_is_found_from_any_folder_in_it(repository: Path) -> None:
    deep = repository / "specs/deep"
    deep.mkdir(parents=True)
    assert GitRepository.find(deep).root == repository.resolve()


@pytest.mark.parametrize(
    "revision", ["--upload-pack=touch stolen", "-n", "", "nothing", "HEAD:specs", "a\nb", "HEAD\0"]
)
def test_what_is_no_revision_is_refused_in_a_sentence(repository: Path, revision: str) -> None:
    write(repository, "specs/a.yaml")
    commit(repository)
    with pytest.raises(GitError, match="use a branch, a tag or a commit"):
        GitRepository(repository).resolve(revision)


def test_histories_without_a_common_ancestor_are_told_apart(repository: Path) -> None:
    write(repository, "specs/a.yaml")
    commit(repository)
    run(repository, "checkout", "-q", "--orphan", "other")
    write(repository, "specs/b.yaml")
    commit(repository)
    with pytest.raises(GitError, match="no common ancestor"):
        GitRepository(repository).merge_base("main", "other")


def test_a_shallow_clone_says_how_to_get_more_history(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write(repository, "specs/a.yaml")
    old = commit(repository)
    write(repository, "specs/b.yaml")
    commit(repository)
    clone = tmp_path_factory.mktemp("clone")
    run(clone, "clone", "-q", "--depth=1", repository.as_uri(), ".")
    assert GitRepository(clone).is_shallow()
    with pytest.raises(GitError, match="--unshallow"):
        GitRepository(clone).resolve(old)


def test_a_folder_outside_of_any_repository_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git init"):
        GitRepository.find(tmp_path)


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="not installed"):
        GitRepository.find(tmp_path)


def test_a_blob_that_is_not_there_is_named(repository: Path) -> None:
    with pytest.raises(GitError, match="This partial clone lacks some of its objects"):
        GitRepository(repository).blobs(["0" * 40])
    with pytest.raises(GitError, match="full ids"):
        GitRepository(repository).blobs(["HEAD"])


def test_a_partial_clone_is_told_how_to_be_made_whole(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write(repository, "specs/a.yaml")
    head = commit(repository)
    run(repository, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path_factory.mktemp("partial")
    run(clone, "clone", "-q", "--filter=blob:none", "--no-checkout", repository.as_uri(), ".")
    advice = "`git fetch --refetch --no-filter`"
    with pytest.raises(GitError, match=advice):
        GitRepository(clone).entries(head)
    run(clone, *advice.strip("`").split()[1:])
    assert [entry.path for entry in GitRepository(clone).entries(head)] == ["specs/a.yaml"]


def test_the_plain_files_of_a_commit_are_found_all_at_once_or_folder_by_folder(repository: Path) -> None:
    for path in ("top.txt", "a/one.txt", "a/deep/two.txt", "odd \t\nname/ü.txt", "b/three.txt"):
        write(repository, path, path)
    (repository / "a/link.txt").symlink_to("one.txt")
    known = GitRepository(repository)
    head = commit(repository)
    everything = known.files(head)
    assert {path: body.decode() for path, body in _bodies(known, everything).items()} == {
        path: path for path in ("top.txt", "a/one.txt", "a/deep/two.txt", "odd \t\nname/ü.txt", "b/three.txt")
    }
    assert set(known.files(head, ["a", "odd \t\nname"])) == {"a/one.txt", "odd \t\nname/ü.txt"}
    assert set(known.files(head, ["", "b", "nowhere"])) == {"top.txt", "b/three.txt"}
    assert known.files(head, []) == {}


def _bodies(repository: GitRepository, files: dict[str, str]) -> dict[str, bytes]:
    bodies = repository.blobs(files.values())
    return {path: bodies[blob] for path, blob in files.items()}


def test_nothing_that_the_configuration_names_is_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository}/sprung\ncat\n")
    trap.chmod(0o755)
    write(repository, ".gitattributes", "*.yaml filter=trap diff=trap\n")
    write(repository, "specs/a.yaml", "kind: A\n")
    head = commit(repository)
    for key in (
        "filter.trap.smudge",
        "filter.trap.clean",
        "diff.trap.textconv",
        "core.fsmonitor",
        "core.pager",
        "diff.external",
    ):
        run(repository, "config", key, str(trap))
    monkeypatch.setenv("GIT_PAGER", str(trap))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    known = GitRepository.find(repository)
    assert [file.text for file in read_commit(known, head)[0]] == ["kind: A\n"]
    assert known.merge_base("HEAD", head) == head
    assert not (repository / "sprung").exists()


def test_a_replaced_commit_is_not_what_is_read(repository: Path) -> None:
    write(repository, "specs/a.yaml", "kind: Reviewed\n")
    reviewed = commit(repository)
    write(repository, "specs/a.yaml", "kind: Other\n")
    run(repository, "replace", reviewed, commit(repository))
    assert [file.text for file in read_commit(GitRepository(repository), reviewed)[0]] == ["kind: Reviewed\n"]


def test_git_that_hangs_is_given_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repository, "bin/git", "#!/bin/sh\nexec sleep 30\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(call, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(GitError, match="timed out"):
        GitRepository(repository).is_shallow()
