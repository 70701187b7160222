"""What a review in GitHub Actions reads: the forge, the commits that it names, and the record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from penstock.cli.review_choices import Choices
from penstock.forges.github.client import GitHubClient
from penstock.forges.github.identity import Identity
from penstock.forges.github.permissions import read_writers
from penstock.forges.github.pull_request import read_pull_request
from penstock.forges.recorded import RecordedPullRequest, dump
from penstock.review.policy.prior_decisions import PriorDecisions
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


def _who_is_asked(repository: GitRepository, base: str) -> set[str]:
    """The members of the base's teams, and whom its policy names."""
    from penstock.catalog.load import load_commit
    from penstock.review.policy.resolve import resolve_policy
    from penstock.specs.team import Team

    catalog = load_commit(repository, base)
    members = {member for team in catalog.view(None).all(Team) for member in team.spec.members}
    return members | resolve_policy(catalog).logins
