"""One hosted repository: what people, their Git and the forge itself do to it, each of which is told to the webhook."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from events.simulation.forge import diffs, git
from events.simulation.forge.git import Commit, Signature, Tree
from events.simulation.forge.state import (
    Account,
    Conclusion,
    Issue,
    Kind,
    Label,
    Log,
    Moment,
    Pull,
    Review,
    ReviewState,
    Run,
    Told,
)

DEFAULT = "main"
GITHUB = Account("web-flow", 19_864_447, "GitHub", "noreply@github.com")


class Conflict(Exception):
    """A branch can't be merged as it is."""


@dataclass
class Repository:
    owner: Account
    name: str
    id: int
    language: str
    created_at: datetime
    log: Log
    branches: dict[str, Commit] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    """All that were ever pushed, by SHA."""
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    integrated: dict[str, int] = field(default_factory=dict)
    """Commits of the default branch that a pull request brought, with its number."""
    on_default: set[str] = field(default_factory=set)
    """Every commit that the default branch goes back to."""
    _of_branch: dict[str, list[Pull]] = field(default_factory=dict)
    _count: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def head(self) -> Commit:
        return self.branches[DEFAULT]

    # --- Git -----------------------------------------------------------------------------------------------------

    def commit(
        self, parent: Commit | None, tree: Tree, by: Account, at: datetime, message: str, *more: Commit,
        author: Signature | None = None,
    ) -> Commit:  # fmt: skip
        """Made in somebody's clone: nobody knows it before it is pushed."""
        parents = (parent, *more) if parent else ()
        committer = Signature(by.name, by.email, at)
        return Commit(parents, tree, author or committer, committer, message)

    def push(self, branch: str, head: Commit, by: Account, at: datetime, *, forced: bool = False) -> None:
        before = self.branches.get(branch)
        self.branches[branch] = head
        more = {"before": before, "after": head, "new": self._learn(head, branch), "forced": forced}
        self._tell(at, "push", None, by, branch, more)
        for pull in self._of_branch.get(branch, ()) if before else ():
            if not pull.closed_at:
                self._synchronize(pull, by, at, forced)

    def remove_branch(self, branch: str, by: Account, at: datetime) -> None:
        before = self.branches.pop(branch)
        self._tell(at, "push", None, by, branch, {"before": before, "after": None, "new": [], "forced": False})

    def _learn(self, head: Commit, branch: str) -> list[Commit]:
        """The commits that are new here, parents first."""
        new = git.ancestors(head, self.commits)
        self.commits |= {commit.sha: commit for commit in new}
        if branch == DEFAULT:
            self.on_default |= {commit.sha for commit in git.ancestors(head, self.on_default)}
        return new

    # --- issues --------------------------------------------------------------------------------------------------

    def open_issue(self, title: str, body: str, by: Account, at: datetime, *labels: str) -> Issue:
        issue = Issue(self._number(), title, body, by, labels, at, at)
        self.issues[issue.number] = issue
        self._tell(at, "issues", "opened", by, replace(issue), {})
        return issue

    def label_issue(self, issue: Issue, label: Label, by: Account, at: datetime) -> None:
        issue.labels, issue.updated_at = (*issue.labels, label.name), at
        self._tell(at, "issues", "labeled", by, replace(issue), {"label": label})

    def close_issue(self, issue: Issue, by: Account, at: datetime) -> None:
        issue.closed_at = issue.updated_at = at
        self._tell(at, "issues", "closed", by, replace(issue), {})

    # --- pull requests -------------------------------------------------------------------------------------------

    def open_pull(
        self, title: str, body: str, by: Account, at: datetime, head_ref: str, *, base_ref: str = DEFAULT,
        is_draft: bool = False, labels: tuple[str, ...] = (), closes: tuple[int, ...] = (),
    ) -> Pull:  # fmt: skip
        head, base = self.branches[head_ref], self.branches[base_ref]
        pull = Pull(
            self._number(), title, body, by, head_ref, base_ref, head, base, base, (), at, at, is_draft, labels, closes,
        )  # fmt: skip
        pull.ready_at = None if is_draft else at
        self.pulls[pull.number] = pull
        self._of_branch.setdefault(head_ref, []).append(pull)
        self._measure(pull)
        self._told(pull, "opened", by, at)
        return pull

    def ready(self, pull: Pull, by: Account, at: datetime) -> None:
        pull.is_draft, pull.ready_at = False, at
        self._told(pull, "ready_for_review", by, at, kind="ReadyForReviewEvent")

    def label(self, pull: Pull, label: Label, by: Account, at: datetime) -> None:
        pull.labels = (*pull.labels, label.name)
        self._told(pull, "labeled", by, at, kind="LabeledEvent", label=label)

    def retarget(self, pull: Pull, base_ref: str, by: Account, at: datetime) -> None:
        changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base.sha}}}
        told = {"currentRefName": base_ref, "previousRefName": pull.base_ref}
        pull.base_ref, pull.base = base_ref, self.branches[base_ref]
        self._measure(pull)
        self._told(pull, "edited", by, at, kind="BaseRefChangedEvent", changes=changes, timeline=told)

    def review(self, pull: Pull, by: Account, at: datetime, state: ReviewState) -> None:
        review = Review(self.id * 10_000 + len(self.log.told), by, state, at, pull.head.sha)
        pull.reviews, pull.updated_at = (*pull.reviews, review), at
        self._tell(at, "pull_request_review", "submitted", by, replace(pull), {"review": review})

    def run(self, pull: Pull, at: datetime, takes: timedelta, conclusion: Conclusion, attempt: int = 1) -> Run:
        """Tests of the head, told when they end."""
        number = sum(run.head is pull.head for run in self.runs[-50:])
        same = next((run.id for run in self.runs[-50:] if run.head is pull.head), 0)
        run_id = same if attempt > 1 and same else self.id * 100_000 + len(self.runs) + 1
        run = Run(run_id, pull.head, pull.head_ref, pull.number, conclusion, attempt, at, at + takes)
        self.runs.append(run)
        for event in ("check_run", "workflow_run", "check_suite"):
            self._tell(run.completed_at, event, "completed", pull.author, replace(pull), {"run": run, "number": number})
        return run

    def close(self, pull: Pull, by: Account, at: datetime) -> None:
        pull.closed_at = at
        self._told(pull, "closed", by, at, kind="ClosedEvent")

    def reopen(self, pull: Pull, by: Account, at: datetime) -> None:
        pull.closed_at = None
        self._told(pull, "reopened", by, at, kind="ReopenedEvent")

    def merge(self, pull: Pull, kind: Kind, by: Account, at: datetime) -> list[Commit]:
        """The new commits of the base, the last one being the merge commit.

        :raises Conflict: if the base has changed in the same places; nothing is done then.
        """
        base = self.branches[pull.base_ref]
        merged = git.merge(pull.fork.tree, base.tree, pull.head.tree)
        if not merged.is_clean:
            raise Conflict
        if kind == "queue":
            waited = min(timedelta(minutes=6), (at - pull.created_at) / 2)
            self._queue(pull, base, merged.tree, by, at, at - waited)
        new = self._integrate(pull, kind, base, merged.tree, by, at)
        pull.closed_at = pull.merged_at = at
        pull.merged_by, pull.merge_commit, pull.base = by, new[-1], base
        self.integrated |= {commit.sha: pull.number for commit in new if pull.base_ref == DEFAULT}
        self.push(pull.base_ref, new[-1], by, at)
        self._told(pull, "closed", by, at, kind="MergedEvent")
        for number in pull.closes if pull.base_ref == DEFAULT else ():
            self.close_issue(self.issues[number], by, at)
        return new

    def _queue(self, pull: Pull, base: Commit, tree: Tree, by: Account, merged_at: datetime, at: datetime) -> None:
        """The head of a merge group is temporary: another commit than the one that comes of it."""
        self._told(pull, "enqueued", by, at, kind="AddedToMergeQueueEvent")
        head = self.commit(base, tree, GITHUB, at, f"Merge pull request #{pull.number}", pull.head)
        self._tell(at, "merge_group", "checks_requested", by, head, {"pull": pull.number, "base": base})
        self._told(pull, "dequeued", by, merged_at, kind="RemovedFromMergeQueueEvent", reason="MERGE")

    def _integrate(self, pull: Pull, kind: Kind, base: Commit, tree: Tree, by: Account, at: datetime) -> list[Commit]:
        if kind == "rebase":
            return self.replay(pull.commits, base, by, at)
        if kind == "merge":
            message = f"Merge pull request #{pull.number} from {self.owner.login}/{pull.head_ref}\n\n{pull.title}"
            author = Signature(by.name, by.email, at)
            return [self.commit(base, tree, GITHUB, at, message, pull.head, author=author)]
        message = f"{pull.title} (#{pull.number})\n\n{_squashed(pull.commits)}".rstrip()
        author = Signature(pull.author.name, pull.author.email, at)
        return [self.commit(base, tree, GITHUB, at, message, author=author)]

    def replay(self, commits: tuple[Commit, ...], onto: Commit, by: Account, at: datetime) -> list[Commit]:
        """The same changes on another commit, with other SHAs; what was merged from the base is left out."""
        made: list[Commit] = []
        for commit in commits:
            if len(commit.parents) == 1:
                tree = git.merge(commit.parents[0].tree, onto.tree, commit.tree).tree
                onto = self.commit(onto, tree, by, at, commit.message, author=commit.author)
                made.append(onto)
        return made

    def _synchronize(self, pull: Pull, by: Account, at: datetime, forced: bool) -> None:
        before, pull.head = pull.head, self.branches[pull.head_ref]
        pull.base = self.branches.get(pull.base_ref, pull.base)
        self._measure(pull)
        more: dict[str, Any] = {"before": before.sha, "after": pull.head.sha}
        if forced:
            more["kind"] = "HeadRefForcePushedEvent"
            more["timeline"] = {"beforeCommit": before, "afterCommit": pull.head}
        self._told(pull, "synchronize", by, at, **more)

    def _measure(self, pull: Pull) -> None:
        """Commits and counts of lines, against where the head and the base part."""
        known = self.on_default
        if pull.base_ref != DEFAULT:
            known = known | {commit.sha for commit in git.ancestors(pull.base, self.on_default)}
        commits = git.ancestors(pull.head, known)
        shared = [parent for commit in commits for parent in commit.parents if parent.sha in known]
        pull.commits, pull.fork = tuple(commits), max(shared, key=lambda commit: commit.committer.at, default=pull.head)
        changes = git.differences(pull.fork.tree, pull.head.tree)
        counted = [diffs.counts(*change.lines) for change in changes]
        pull.additions, pull.deletions = sum(added for added, _ in counted), sum(gone for _, gone in counted)
        pull.changed_files = len(changes)

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _tell(
        self, at: datetime, event: str, action: str | None, by: Account, subject: Any, more: dict[str, Any]
    ) -> None:
        self.log.tell(Told(at, event, action, self.full_name, by, subject, more))

    def _told(self, pull: Pull, action: str, by: Account, at: datetime, **more: Any) -> None:
        kind, told = more.pop("kind", None), more.pop("timeline", {})
        if kind:
            pull.timeline = (*pull.timeline, Moment(kind, at, by, {**told, **more}))
        pull.updated_at = at
        self._tell(at, "pull_request", action, by, replace(pull), more)


def _squashed(commits: tuple[Commit, ...]) -> str:
    """As the forge proposes it: one commit's own words, or a list of them; authors of trailers once more at the end."""
    own = [commit for commit in commits if len(commit.parents) == 1]
    if len(own) == 1:
        return own[0].message.partition("\n\n")[2]
    said = "\n\n".join(f"* {commit.message}" for commit in own)
    trailers = [
        line for commit in own for line in commit.message.splitlines() if line.lower().startswith("co-authored-by:")
    ]
    return said + ("\n\n---------\n\n" + "\n".join(dict.fromkeys(trailers)) if trailers else "")
