"""What a review in GitHub Actions reads: the forge, the commits that it names, and the record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from penstock.cli.review_choices import Choices
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.identity import Identity
from penstock.forges.github.permissions import read_writers
from penstock.forges.github.pull_request import read_pull_request
from penstock.forges.protocol import ForgeError
from penstock.forges.recorded import RecordedPullRequest, dump
from penstock.review.decision_bundle import BundledDecision
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import verdict_bytes
from penstock.review.record.log import RecordSubject, last_about, read
from penstock.review.record.push_provenance import require_only_own_pushes
from penstock.review.record.stores import BranchStore, RecordStore
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import Authorization


@dataclass(slots=True)
class ReviewReading:
    """Reads for one run; `identity` is the token's own, None until it is known."""

    choices: Choices
    repository: GitRepository
    name: str
    """`owner/name` of the repository on the forge."""
    client: GitHubClient
    authorization: Authorization = field(repr=False)
    store: RecordStore | None
    identity: Identity | None = None

    def pull_request(self, number: int) -> RecordedPullRequest:
        """The pull request with its commits in this clone, and with who of those whom its base asks may write."""
        first = self.facts(number, set())
        for commit in (first.base_sha, first.head_sha):
            self.fetch(commit)
        writers = read_writers(self.client, self.name, _who_is_asked(self.repository, first.base_sha))
        facts = replace(first.facts, writers=tuple(sorted({*first.facts.writers, *writers})))
        if self.choices.save is not None:
            self.choices.save.write_text(dump(facts), encoding="utf-8")
        return RecordedPullRequest(facts)

    def facts(self, number: int, people: set[str]) -> RecordedPullRequest:
        """The pull request as the forge shows it, with who of these people may write."""
        own = self.identity.login if self.identity is not None else ""
        return read_pull_request(self.client, self.name, number, people, own=own)

    def fetch(self, commit: str) -> None:
        """Bring a commit into this clone."""
        self.repository.fetch(self.choices.remote, commit, f"refs/penstock/{commit}", self.authorization)

    def memory(self, view: RecordedPullRequest) -> tuple[PriorDecisions, str]:
        """What the record remembers of a pull request, and the digest of the entry that it does so by."""
        if self.store is None:
            return PriorDecisions(), ""
        subject = RecordSubject(view.repository, view.number, self.repository.folder)
        latest = last_about(read(self.store.log()), subject)
        if isinstance(self.store, BranchStore):
            assert self.identity is not None
            require_only_own_pushes(self.client, self.identity, self.store, subject)
        return (PriorDecisions(), "") if latest is None else (latest.memory, latest.digest)

    def require_the_same(self, bundled: BundledDecision) -> None:
        """ForgeError where what is known of the pull request by now gives another verdict.

        A base that moved on since does not: it might as well have done so a second after the verdict was shown, and
        the forge asks for a branch that is up to date. The time counts: a job may be run again days later.
        """
        decided = bundled.inputs.facts
        teams = bundled.inputs.organisation.teams
        people = set(bundled.inputs.policy.logins).union(*teams.values())
        fresh = self.facts(decided.number, people)
        if (fresh.facts.head_sha, fresh.base_ref, fresh.state) == (decided.head_sha, decided.base_ref, "open"):
            facts = replace(fresh.facts, base_sha=decided.base_sha, commits=decided.commits)
            now = replace(bundled.inputs, facts=facts, now=facts.now)
            if verdict_bytes(now.verdict()) == verdict_bytes(bundled.verdict):
                return
        raise ForgeError("the pull request changed during the review: that change starts another review.")


def _who_is_asked(repository: GitRepository, base: str) -> set[str]:
    """The members of the base's teams, and whom its policy names."""
    from penstock.catalog.load import load_commit
    from penstock.review.policy.resolve import resolve_policy
    from penstock.specs.team import Team

    catalog = load_commit(repository, base)
    members = {member for team in catalog.view(None).all(Team) for member in team.spec.members}
    return members | resolve_policy(catalog).logins
