"""What the product should conclude, of everything that happened in the forge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from events.simulation.forge import git
from events.simulation.forge.defects import touched
from events.simulation.forge.stories import Bug, Ending, Reported, Sort, Story
from events.simulation.forge.tasks import Session
from events.simulation.forge.world import World

Method = Literal["sha", "trailer", "patch_id", "branch"]
AiClass = Literal["ai", "human_known", "unknown", "bot"]
_OLDEST = timedelta(days=30)
_AI_MARKS = ("noreply@anthropic.com", "codex <noreply@openai.com>", "copilot@users.noreply.github.com")
_BODY_MARKS = ("generated with [claude code]", "chatgpt.com/codex/tasks/")
_BRANCHES = ("claude/", "codex/", "copilot/")
_TELL_BRANCHES = frozenset({"claude-code", "copilot", "copilot-chat", "quill"})


@dataclass(frozen=True)
class PullTruth:
    """`methods`: the strongest evidence that connects each session, by its key; sessions that nothing connects are in
    `lost`. `first_prompt_at`: of the connected ones, sliced."""

    repository: str
    number: int
    sort: Sort
    ending: Ending
    marks: frozenset[str]
    author: str
    integrated_at: datetime | None
    integrated: tuple[str, ...]
    methods: Mapping[str, Method]
    lost: frozenset[str]
    first_prompt_at: datetime | None
    ai_class: AiClass
    is_backport: bool
    escapes: tuple[Bug, ...]


@dataclass(frozen=True)
class Truth:
    """By repository (`owner/name`): `pulls` by number; `owners` by path, a SHA for each line of the default branch's
    head as `git blame --first-parent` would say; `shas` of the default branch's commits to the number of their pull."""

    pulls: Mapping[str, Mapping[int, PullTruth]]
    owners: Mapping[str, Mapping[str, list[str]]]
    shas: Mapping[str, Mapping[str, int]]
    bugs: tuple[Bug, ...]


def of(world: World) -> Truth:
    for bug in world.bugs:
        if bug.commit:
            repository = world.repositories[bug.repository]
            bug.touched = touched(repository, repository.commits[bug.commit])
    names = {name: repository.full_name for name, repository in world.repositories.items()}
    active = _active(world)
    pulls: dict[str, dict[int, PullTruth]] = {full_name: {} for full_name in names.values()}
    for story in world.stories:
        assert story.pull is not None
        pulls[names[story.repository]][story.pull.number] = _pull(world, story, active)
    owners = {
        repository.full_name: {
            path: git.blame(repository.head, path, first_parent=True) for path in sorted(repository.head.tree)
        }
        for repository in world.repositories.values()
    }
    shas = {repository.full_name: dict(repository.integrated) for repository in world.repositories.values()}
    return Truth(pulls, owners, shas, tuple(world.bugs))


class _Activity(NamedTuple):
    on: date
    project: str


def _active(world: World) -> dict[int, set[_Activity]]:
    """On which of their days somebody's tools were active, and where."""
    found: dict[int, set[_Activity]] = {}
    for task in world.tasks:
        zone = ZoneInfo(task.person.zone)
        days = {
            _Activity(at.astimezone(zone).date(), task.project.name)
            for one in task.sessions
            for at in (one.start, one.end)
        }
        found.setdefault(task.person.number, set()).update(days)
    return found


def _pull(world: World, story: Story, active: Mapping[int, set[_Activity]]) -> PullTruth:
    assert story.pull is not None
    methods = {
        session.key: method for session in story.sessions if (method := _method(world, story, session)) is not None
    }
    linked = [session for session in story.sessions if session.key in methods]
    return PullTruth(
        world.repositories[story.repository].full_name, story.pull.number, story.sort, story.ending,
        frozenset(story.marks), story.pull.author.login, story.integrated_at, story.integrated, methods,
        frozenset(session.key for session in story.sessions) - methods.keys(), _first_prompt(story, linked),
        _ai_class(story, linked, methods, active), story.sort == "backport",
        tuple(
            bug for bug in world.bugs
            if bug.repository == story.repository and bug.origin == story.pull.number and bug.tier and bug.commit
        ),
    )  # fmt: skip


def _method(world: World, story: Story, session: Session) -> Method | None:
    told: list[Reported] = world.reported.get(session.key, [])
    if any(one.commit.sha in story.pushed for one in told):
        return "sha"
    if any(f"Code-Card-Session: {session.key}" in commit.message for commit in story.pushed.values()):
        return "trailer"
    if session.tool == "quill" and told:
        known = {commit.patch_id for commit in story.pushed.values()}
        if any(one.commit.patch_id in known for one in told):
            return "patch_id"
    is_known = story.person is not None and story.person.is_member
    return "branch" if is_known and session.tool in _TELL_BRANCHES and _says_branch(session) else None


def _says_branch(session: Session) -> bool:
    """Claude Code tells its branch with the commits alone."""
    return bool(session.commits) or session.tool != "claude-code"


def _first_prompt(story: Story, linked: list[Session]) -> datetime | None:
    oldest = (story.integrated_at or datetime.max.replace(tzinfo=story.pull.created_at.tzinfo)) if story.pull else None
    prompts = [at for session in linked for at in session.prompts]
    if not prompts or oldest is None:
        return None
    return max(min(prompts), story.integrated_at - _OLDEST) if story.integrated_at else min(prompts)


def _ai_class(
    story: Story, linked: list[Session], methods: Mapping[str, Method], active: Mapping[int, set[_Activity]]
) -> AiClass:  # fmt: skip
    if story.sort == "bot":
        return "bot"
    strong = any(session.is_accepted and methods[session.key] != "branch" for session in linked)
    if strong or _is_marked(story):
        return "ai"
    assert story.pull is not None
    if story.person is None or not story.person.is_member or linked or not story.pull.commits:
        return "unknown"
    start = min(commit.author.at for commit in story.pull.commits) - timedelta(days=1)
    end = story.integrated_at or story.pull.closed_at or story.pull.updated_at
    zone = ZoneInfo(story.person.zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    around = [one for one in active.get(story.person.number, ()) if first <= one.on <= last]
    return "human_known" if around and all(one.project != story.repository for one in around) else "unknown"


def _is_marked(story: Story) -> bool:
    assert story.pull is not None
    said = "\n".join(commit.message for commit in story.pushed.values()).lower()
    body = story.pull.body.lower()
    return (
        any(mark in said for mark in _AI_MARKS)
        or any(mark in body for mark in _BODY_MARKS)
        or story.branch.startswith(_BRANCHES)
    )
