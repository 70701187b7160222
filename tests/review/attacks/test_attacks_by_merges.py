"""Attacks by merge commits: what one holds beside its parents is compared like anything else."""

from __future__ import annotations

from forges.fake import FakePullRequest, commit
from penstock.review.decision import decide, decide_group
from penstock.review.model import VerdictState
from review.pull_requests import APPROVED, EVERYBODY, PENDING, PullRequest, looser_region, node, opened, with_policy
from review.repositories import Repository, direct, set_at

LOOSE = "Gate/delay-release.rules[quality].atLeast"
GLASS = "/penstock break-glass the service is down"
DESCRIPTION = "Gate/delay-release.metadata.description"


def _evil(repository: Repository, text: str, path: str = "specs/system.yaml") -> str:
    """The base goes on, and the branch takes it in by a merge whose tree is none of its parents'."""
    repository.git("checkout", "--quiet", "main")
    repository.write("README.md", "Words of the base.")
    repository.commit("base goes on")
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "main")
    repository.write(path, text)
    return repository.commit("Merge branch 'main'")


def test_an_edit_that_only_a_merge_commit_holds_is_a_change(repository: Repository) -> None:
    repository.branch()
    repository.write("notes.md", "Words.")
    repository.commit()
    _evil(repository, repository.read("specs/system.yaml").replace("atLeast: 0.70", "atLeast: 0.10"))
    assert [str(one.address) for one in direct(repository.plan())] == [LOOSE]


def test_a_merge_that_says_ours_undoes_the_base_and_is_seen(repository: Repository) -> None:
    repository.branch()
    repository.write("notes.md", "Words.")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.replace("atLeast: 0.70", "atLeast: 0.90")
    base = repository.commit("stricter")
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Merged", "main")
    [found] = direct(repository.plan(base))
    assert (str(found.address), found.before, found.after) == (LOOSE, 0.9, 0.7)


def test_a_merge_that_adds_code_is_seen(repository: Repository) -> None:
    repository.branch()
    repository.write("notes.md", "Words.")
    repository.commit()
    _evil(repository, "def departures():\n    return 'evil'\n", "systems/flights.py")
    assert "Dataset/flights.source.python" in {str(one.address) for one in repository.plan().changes}


def test_an_approval_before_such_a_merge_is_none_after_it(repository: Repository) -> None:
    pull_request = opened(repository, looser_region)
    pull_request.approve("ada", "rita")
    assert pull_request.state is VerdictState.APPROVED
    text = repository.read("specs/system.yaml")
    assert "atLeast: 0.7\n" in text
    head = _evil(repository, text.replace("atLeast: 0.7\n", "atLeast: 0.1\n"))
    base = repository.git("rev-parse", "main").strip()
    pull_request.forge.push(head, commits=[commit(head, "eve", parents=[pull_request.forge.facts.head_sha, base])])
    assert pull_request.state is PENDING


def _undoing_what_comes(repository: Repository) -> tuple[PullRequest, str]:
    """A branch with a few words more, that takes in what is not on the base yet by a merge that says ours; and the base
    once that is there: from then on, the branch takes it back.
    """
    base = with_policy(repository)
    repository.branch("stricter")
    repository.replace("atLeast: 0.70", "atLeast: 0.90")
    repository.commit("stricter")
    repository.git("checkout", "--quiet", "-b", "change", base)
    repository.replace("kind: Gate\nmetadata: {", "kind: Gate\nmetadata: {description: Words., ")
    repository.commit("words")
    repository.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Merged", "stricter")
    head = repository.git("rev-parse", "HEAD").strip()
    forge = FakePullRequest.opened("eve", head=head, base=base, writers=EVERYBODY)
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "Merged", "stricter")
    return PullRequest(repository, base, forge), repository.git("rev-parse", "HEAD").strip()


def test_what_the_base_makes_of_a_pull_request_after_it_was_shown_is_approved_by_nobody(repository: Repository) -> None:
    """Approvals are given for what was shown; whoever merges before they are looked at has nothing slip through."""
    pull_request, later = _undoing_what_comes(repository)
    assert [change for change in direct(pull_request.inputs().plan) if str(change.address) == LOOSE] == []
    assert pull_request.state is PENDING
    pull_request.approve("ada", "rita")
    pull_request.forge.base_moves_to(later)
    verdict = pull_request.verdict()
    assert [str(one.address) for one in direct(pull_request.inputs().plan)] == [DESCRIPTION, LOOSE]
    assert (node(verdict, "stricter").state, node(verdict, "gate").state) == (APPROVED, PENDING)
    assert "rita approved an earlier version of this" in node(verdict, "gate").children[0].why
    assert pull_request.state is PENDING, "once it is on record what they approved, it stays so"
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED


def test_nor_in_a_merge_queue(repository: Repository) -> None:
    pull_request, later = _undoing_what_comes(repository)
    assert pull_request.state is PENDING
    pull_request.approve("ada", "rita")
    pull_request.forge.base_moves_to(later)
    repository.git("checkout", "--quiet", "-B", "queue", later)
    repository.git("merge", "--quiet", "--no-ff", "--message", "queued", "change")
    group = repository.git("rev-parse", "HEAD").strip()
    [decision], problem = decide_group(
        repository.seen, [pull_request.forge.view], later, group, {1: pull_request.memory}
    )
    assert (problem, node(decision.verdict, "gate").state) == ("", PENDING)
    assert decision.inputs.memory().changes == pull_request.memory.changes


def test_nor_does_broken_glass_let_it_pass(repository: Repository) -> None:
    pull_request, later = _undoing_what_comes(repository)
    assert pull_request.state is PENDING
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED
    pull_request.forge.base_moves_to(later)
    assert pull_request.state is PENDING
    assert pull_request.state is PENDING, "nor when it has been shown since"
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED
    pull_request.forge.pass_time()
    assert pull_request.state is APPROVED


def test_glass_that_was_broken_before_the_first_look_counts(repository: Repository) -> None:
    pull_request = opened(repository, looser_region)
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, GLASS)
    assert pull_request.state is APPROVED
    assert pull_request.state is APPROVED


def test_two_ancestors_in_common_hide_nothing(repository: Repository) -> None:
    """Of a criss-cross merge git makes up a common ancestor; what is compared is the base with what is merged."""

    pull_request = opened(repository, set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.1))
    repository.git("checkout", "--quiet", "main")
    repository.write("README.md", "Words.")
    repository.commit()
    side = repository.git("rev-parse", "change").strip()
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-ff", "--message", "Across", "main")
    head = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Back", side)
    base = repository.git("rev-parse", "HEAD").strip()
    git = repository.seen
    merged = git.merged(base, head)
    plan = repository.plan(base, merged or head)
    # Whatever git takes for merged: the plan tells what it would leave, and nothing but that.
    text = repository.git("show", f"{merged or head}:specs/system.yaml")
    assert ("atLeast: 0.1\n" in text) == (LOOSE in {str(one.address) for one in plan.changes})
    assert decide(git, pull_request.forge.view).plan.changes
