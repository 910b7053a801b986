"""What signals a defect, and which defect it is: reverts, bug fixes, incidents, and reports of people.

A defect has a natural key, so that several signals of one bug are one defect and judging twice is judging once:
`incident:<id>`, else `issue:<number>`, else `revert:<sha>`, else `pull:<number>` (or `commit:<sha>` of one without a
pull request). A report of a person is a defect of its own, `report:<id>`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from events.models import (
    ClosingLink,
    Defect,
    DefectDecision,
    Incident,
    Issue,
    PullRequest,
    Repository,
    SignalKind,
)
from events.pulls.landings import KnownHistory, Landing
from events.pulls.paths import is_generated, is_source, is_test

CAUSES = ("fixes_shas", "caused_by_shas", "caused_by_numbers")


@dataclass(slots=True)
class Signal:
    """All that is known of one defect. `landings`: the changes that fixed it or took it back, oldest first."""

    key: str
    kind: SignalKind
    landings: list[Landing] = field(default_factory=list)
    issue: Issue | None = None
    incident: Incident | None = None
    reported_at: datetime | None = None

    @property
    def first_told_at(self) -> datetime | None:
        """When somebody met it: what was merged later can't be its cause. None where only the fix tells of it."""
        told = (self.issue and self.issue.opened_at, self.incident and self.incident.opened_at, self.reported_at)
        return min((at for at in told if at), default=None)

    @property
    def detected_at(self) -> datetime:
        times = [self.first_told_at, *(detected_at(landing) for landing in self.landings)]
        return min(at for at in times if at)

    @property
    def fix(self) -> PullRequest | None:
        return next((one.pull_request for one in self.landings if one.pull_request), None)


def detected_at(landing: Landing) -> datetime:
    """When whoever wrote the fix knew: its pull request was opened."""
    opened_at = landing.pull_request.opened_at if landing.pull_request else landing.at
    return min(opened_at, landing.at)


def keys_of(history: KnownHistory, landing: Landing) -> list[str]:
    """The defects that a change of the default branch signals."""
    pull_request = landing.pull_request
    if pull_request and (pull_request.is_backport or pull_request.integrated_at is None):
        return []
    incidents = _incidents_of(history, pull_request)
    if incidents:
        return [f"incident:{incident.external_id}" for incident in incidents]
    takes_back = bool(history.taken_back_by(landing))
    if not takes_back and not is_fix(history.repository, landing):
        return []
    issues = _issues_of(history, pull_request)
    if issues:
        return [f"issue:{number}" for number in issues]
    if takes_back:
        return [f"revert:{landing.sha}"]
    return [f"pull:{pull_request.number}" if pull_request else f"commit:{landing.sha}"]


def is_fix(repository: Repository, landing: Landing) -> bool:
    """Whether it says so and changes code that runs: a fix of tests, documents or CI alone fixed nothing that escaped.
    A commit without a pull request must name what it fixes; a bot's update never is one."""
    states = any(row and row.stated.get(name) for name in CAUSES for row in (landing.commit, landing.pull_request))
    pull_request = landing.pull_request
    if pull_request is None:
        return states
    if pull_request.is_bot or not touches_source(repository, pull_request):
        return False
    return states or bool(pull_request.fix_reason) or _is_labelled(repository, pull_request)


def touches_source(repository: Repository, pull_request: PullRequest) -> bool:
    """True as well while its files aren't known."""
    if pull_request.files is None:
        return True
    paths = (one["path"] for one in pull_request.files)
    return any(is_running_code(repository, path) for path in paths)


def is_running_code(repository: Repository, path: str) -> bool:
    return (
        is_source(path)
        and not path.startswith(".github/")
        and not is_test(path, repository.test_paths)
        and not is_generated(path, repository.generated_paths)
    )


def signal_of(history: KnownHistory, key: str) -> Signal | None:
    """None where nothing signals that defect (any more)."""
    kind, _, name = key.partition(":")
    if kind == "report":
        return _report(history, key)
    if kind == "incident":
        return _incident(history, key, name)
    signal = Signal(
        key, SignalKind.FIX, [one for one in _landings(history, kind, name) if key in keys_of(history, one)]
    )
    if not signal.landings:
        return None
    if kind == "issue":
        signal.issue = _issue(history, int(name))
    if kind == "revert" or all(history.taken_back_by(one) for one in signal.landings):
        signal.kind = SignalKind.REVERT
    return signal


def _landings(history: KnownHistory, kind: str, name: str) -> list[Landing]:
    if kind == "issue":
        closing = ClosingLink.objects.filter(
            organization_id=history.repository.organization_id, issue_number=int(name),
            pull_request__repository=history.repository, pull_request__integrated_at__isnull=False,
        )  # fmt: skip
        numbers = closing.values_list("pull_request__number", flat=True)
        found = [history.of_number(number) for number in sorted(set(numbers))]
    elif kind == "pull":
        found = [history.of_number(int(name))]
    else:
        found = [history.of_number(int(name[1:])) if name.startswith("#") else history.of_sha(name)]
    return sorted((one for one in found if one), key=lambda one: (one.at, one.sha))


def _incident(history: KnownHistory, key: str, name: str) -> Signal | None:
    incident = Incident.objects.filter(**history.mine, external_id=name).first()
    if incident is None:
        return None
    fix = history.of_number(incident.fix_number) if incident.fix_number else None
    return Signal(key, SignalKind.INCIDENT, [fix] if fix else [], incident=incident)


def _report(history: KnownHistory, key: str) -> Signal | None:
    """It stands on what its reporter says alone. What it knows of the fix, the report's own row keeps."""
    decisions = DefectDecision.objects.filter(**history.mine, defect_key=key).order_by("decided_at")
    first = decisions.first()
    if first is None:
        return None
    known = Defect.objects.filter(**history.mine, key=key).select_related("fix").first()
    fix = history.of_pull(known.fix) if known and known.fix else None
    reported_at = known.detected_at if known else first.decided_at
    return Signal(key, SignalKind.REPORT, [fix] if fix else [], reported_at=reported_at)


def _incidents_of(history: KnownHistory, pull_request: PullRequest | None) -> list[Incident]:
    if pull_request is None:
        return []
    return list(Incident.objects.filter(**history.mine, fix_number=pull_request.number).order_by("external_id"))


def _issues_of(history: KnownHistory, pull_request: PullRequest | None) -> list[int]:
    """The bugs that it closes; of issues without a label the first, for it is called a fix of one."""
    if pull_request is None:
        return []
    closed = ClosingLink.objects.filter(organization_id=pull_request.organization_id, pull_request=pull_request)
    numbers = sorted(closed.values_list("issue_number", flat=True))
    if not numbers:
        return []
    bugs = Issue.objects.filter(**history.mine, number__in=numbers, is_bug=True).order_by("number")
    return list(bugs.values_list("number", flat=True)) or numbers[:1]


def _issue(history: KnownHistory, number: int) -> Issue | None:
    return Issue.objects.filter(**history.mine, number=number).first()


def _is_labelled(repository: Repository, pull_request: PullRequest) -> bool:
    """Linking tells it by `fix_reason`, but it may not have looked yet."""
    bug_labels = {label.lower() for label in repository.bug_labels}
    if bug_labels & {label.lower() for label in pull_request.labels}:
        return True
    closed = ClosingLink.objects.filter(organization_id=pull_request.organization_id, pull_request=pull_request)
    issues = Issue.objects.filter(
        organization_id=pull_request.organization_id, repository=repository, is_bug=True,
        number__in=closed.values("issue_number"),
    )  # fmt: skip
    return issues.exists()
