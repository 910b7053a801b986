"""What happens in the company's repositories: the pull requests of its sessions, those that people make by hand, the
updates of bots, and everything else that moves a default branch."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from events.simulation.chance import seeded
from events.simulation.forge import git, text
from events.simulation.forge.defects import may_follow
from events.simulation.forge.git import Tree
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.lives import IsMeant, Plan, Step, anywhere, chance_of, live, stacked
from events.simulation.forge.state import Account, Pull
from events.simulation.forge.stories import Ending, Story
from events.simulation.forge.tasks import Session, Task
from events.simulation.forge.world import DEPENDABOT, Life, World, changed, soon, working
from events.simulation.people import Person
from events.simulation.trends import CRITICAL_PASSES, CRITICAL_PATHS, CRITICAL_REPOSITORY, CRITICAL_SHARE, PASSES

HABITS: dict[str, tuple[Ending, ...]] = {
    "platform-infra": ("merge",), "payments": ("queue",), "identity": ("rebase",), "forecasts": ("rebase", "merge"),
    "shop-mobile": ("squash", "merge"),
}  # fmt: skip
"""How a repository merges; the others squash."""
_MOST_LINES_OF_SMALL = 34
"""Added by what one session was enough for."""
_BUGS_OF_TASKS, _BUGS_OF_PEOPLE = 0.11, 0.09
_TOPICS = ("basket", "refunds", "search", "limits", "retries", "labels", "exports", "prices", "seasons", "vouchers")
_TRAILERS = {
    "claude-code": (0.55, "Co-Authored-By: Claude <noreply@anthropic.com>"),
    "codex": (0.3, "Co-authored-by: Codex <noreply@openai.com>"),
    "copilot": (0.35, "Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>"),
}
_BODIES = {
    "claude-code": "\U0001f916 Generated with [Claude Code](https://claude.com/claude-code)",
    "codex": "Made with Codex, https://chatgpt.com/codex/tasks/task_e_{key}",
}


Follow = Callable[[Pull, datetime], None]


def title_of(random: Random) -> str:
    verb = random.choice(("Add", "Extend", "Show", "Move", "Split", "Speed up", "Store", "Ask for"))
    return f"{verb} {random.choice(_TOPICS)} of {random.choice(_TOPICS)} {random.randrange(10, 1_000)}"


# --- sessions --------------------------------------------------------------------------------------------------------


def of_task(world: World, task: Task) -> None:
    """Begins the pull request of a task."""
    random = chance_of(world, "task", task.key)
    repository = world.repositories[task.project.name]
    story = Story(repository.name, "task", task.person, task.branch, task.sessions)
    is_small = len(task.sessions) == 1
    author = world.accounts[task.person.number]
    is_critical = _is_critical(task)
    steps = _steps(random, task, is_critical)
    story.marks |= _marks(random, steps)
    if "reverted_inside" in story.marks:
        steps += _reverted_inside(steps)
    body = _body(random, task.sessions)
    plan = Plan(
        story, author, title_of(random), body, steps, _ending(random, repository.name), random,
        opened_after=_opened_after(random, steps), minutes=random.lognormvariate(2.0 if is_small else 3.7, 1.0),
        is_draft=random.random() < (0.0 if is_small else 0.12), passes=CRITICAL_PASSES if is_critical else PASSES,
        then=_follow(world, repository, story, _BUGS_OF_TASKS, random),
    )  # fmt: skip
    world.begin(live(world, repository, plan))
    if random.random() < 0.06:
        _begin_stacked(world, repository, story, steps[-1].at, random)


def _is_critical(task: Task) -> bool:
    chance = seeded("critical", task.key).random()
    return task.project.name == CRITICAL_REPOSITORY and chance < CRITICAL_SHARE


def _steps(random: Random, task: Task, is_critical: bool) -> list[Step]:
    """The commits that the tools made and told of; where a tool commits nothing, its person does, after the session."""
    steps: list[Step] = []
    is_meant = partial(_is_of, is_critical) if task.project.name == CRITICAL_REPOSITORY else None
    most_of_session = 160 if len(task.sessions) > 1 else _MOST_LINES_OF_SMALL
    for session in task.sessions:
        told = session.commits or (session.end.replace(microsecond=0) + timedelta(seconds=random.randrange(60, 600)),)
        for at in told:
            added = max(2, min(most_of_session // len(told), session.added // (2 * len(told))))
            removed, seed = min(added, session.removed // 2), random.getrandbits(48)
            edit = partial(_edit, seed, added, removed, random.random() < 0.2 and not is_critical, is_meant=is_meant)
            steps.append(Step(at, edit, _said(random, session), session.key if session.commits else None))
    return sorted(steps, key=lambda step: step.at)


def _is_of(is_critical: bool, path: str) -> bool:
    return (CRITICAL_PATHS in path) == is_critical


def _edit(
    seed: int, added: int, removed: int, with_test: bool, tree: Tree, *, is_meant: IsMeant | None = None
) -> Tree:  # fmt: skip
    """The same edit whenever it is made."""
    random = Random(seed)  # noqa: S311 - repeats itself
    return anywhere(random, tree, added, removed, with_test=with_test, is_meant=is_meant)


def _said(random: Random, session: Session) -> str:
    share, trailer = _TRAILERS.get(session.tool, (0.0, ""))
    said = [trailer] if random.random() < share else []
    if session.tool == "claude-code" and random.random() < 0.1:
        said.append(f"Code-Card-Session: {session.key}")
    return f"{title_of(random)}\n" + (f"\n{chr(10).join(said)}\n" if said else "")


def _body(random: Random, sessions: Sequence[Session]) -> str:
    told = _BODIES.get(sessions[0].tool)
    if told is None or random.random() < 0.6:
        return "What the title says."
    return f"What the title says.\n\n{told.format(key=sessions[0].key.replace('-', ''))}"


def _marks(random: Random, steps: Sequence[Step]) -> set[str]:
    chance = random.random()
    if chance < 0.09:
        return {"rewritten"}
    if chance < 0.16:
        return {"forced"}
    if chance < 0.19:
        return {"reopened"}
    return {"reverted_inside"} if chance < 0.22 and len(steps) > 1 else set()


def _reverted_inside(steps: Sequence[Step]) -> list[Step]:
    """Takes back a commit of the branch, then does something else: nothing that ever reached the default branch."""
    at = steps[-1].at + timedelta(minutes=7)
    again = partial(_edit, int(at.timestamp()), 9, 2, False)
    return [Step(at, dict, "", undoes=True), Step(at + timedelta(minutes=5), again, "Do it in one place\n")]


def _opened_after(random: Random, steps: Sequence[Step]) -> int:
    return len(steps) if random.random() < 0.55 else random.randrange(1, len(steps) + 1)


def _ending(random: Random, repository: str) -> Ending:
    chance = random.random()
    if chance < 0.08:
        return "closed"
    if chance < 0.10:
        return "open"
    if chance < 0.13 and repository in ("pipelines", "checkout-api"):
        return "by_hand"
    return random.choice(HABITS.get(repository, ("squash",)))


def _follow(world: World, repository: Repository, story: Story, share: float, random: Random) -> Follow:
    def then(pull: Pull, at: datetime) -> None:
        may_follow(world, repository, story, share)
        if random.random() < 0.03:
            world.begin(_backported(world, repository, story, at, random))

    return then


def _begin_stacked(world: World, repository: Repository, parent: Story, after: datetime, random: Random) -> None:
    assert parent.person is not None
    author = world.accounts[parent.person.number]
    story = Story(repository.name, "stacked", parent.person, f"{parent.branch}-more")
    at = soon(random, after, 30)
    step = Step(at, partial(_edit, random.getrandbits(48), 14, 5, False), f"{title_of(random)}\n")
    ending = "squash" if repository.name not in HABITS else HABITS[repository.name][0]
    plan = Plan(
        story, author, title_of(random), "On top of the one before.", [step], ending, random, base=parent.branch,
        then=_follow(world, repository, story, _BUGS_OF_PEOPLE, random),
    )  # fmt: skip
    world.begin(stacked(world, repository, parent, plan))


# --- backports -------------------------------------------------------------------------------------------------------

_RELEASE = "release/1.x"


def _backported(world: World, repository: Repository, origin: Story, at: datetime, random: Random) -> Life:
    """The same change for a release that is out: a pull request into another branch, cherry-picked with `-x`."""
    assert origin.pull is not None
    yield (at := working(random, soon(random, at, 600)))
    author, picked = origin.pull.author, repository.commits[origin.integrated[-1]]
    if _RELEASE not in repository.branches:
        repository.push(_RELEASE, picked.parents[0], author, at)
    story = Story(repository.name, "backport", origin.person, f"backport/{origin.pull.number}-to-1.x")
    message = f"{picked.subject}\n\n(cherry picked from commit {picked.sha})\n"
    title = f"[1.x] {origin.pull.title} (backport of #{origin.pull.number})"

    def edit(tree: Tree) -> Tree:
        return git.merge(picked.parents[0].tree, tree, picked.tree).tree

    plan = Plan(
        story, author, title, f"Backport of #{origin.pull.number}.", [Step(at, edit, message)], "squash", random,
        base=_RELEASE, minutes=30, labels=("backport",),
    )  # fmt: skip
    yield from live(world, repository, plan)


# --- people and bots -------------------------------------------------------------------------------------------------


def of_hands(world: World, person: Person, repository: Repository, week: datetime) -> Life:
    """A pull request that no tool had a part in."""
    random = chance_of(world, "hands", person.number, world.weeks_ago(week))
    yield week
    at = week + timedelta(days=random.randrange(5), hours=7 + random.randrange(9), minutes=random.randrange(60))
    steps = [_by_hand(random, at + timedelta(minutes=50 * index)) for index in range(1 + random.randrange(3))]
    name = f"{person.name.partition(' ')[0].lower()}/{random.choice(_TOPICS)}-{random.randrange(10_000)}"
    story = Story(repository.name, "human", person, name)
    closes: tuple[int, ...] = ()
    if random.random() < 0.2:
        author = world.reviewer(random, world.accounts[person.number])
        closes = (repository.open_issue(title_of(random), "It would help.", author, week, "enhancement").number,)
    plan = Plan(
        story, world.accounts[person.number], title_of(random), f"Closes #{closes[0]}" if closes else "By hand.", steps,
        _ending(random, repository.name), random, opened_after=_opened_after(random, steps),
        minutes=random.lognormvariate(5.2, 1.0), closes=closes,
        then=_follow(world, repository, story, _BUGS_OF_PEOPLE, random),
    )  # fmt: skip
    yield from live(world, repository, plan)


def _by_hand(random: Random, at: datetime) -> Step:
    edit = partial(_edit, random.getrandbits(48), random.randrange(3, 60), random.randrange(20), random.random() < 0.4)
    # A person who is called like a tool.
    namesake = "\nCo-authored-by: Devin Vale <devin.vale@sample.invalid>\n" if random.random() < 0.04 else ""
    return Step(at, edit, f"{title_of(random)}\n{namesake}")


def of_bot(world: World, repository: Repository, week: datetime) -> Life:
    """An update of a dependency, which is squashed or closed."""
    random = chance_of(world, "bot", repository.name, world.weeks_ago(week))
    at = week + timedelta(days=random.randrange(6), hours=4, minutes=random.randrange(60))
    package, minor = random.choice(("left-shelf", "quick-basket", "tiny-ledger")), random.randrange(2, 90)
    title = f"Bump {package} from 2.{minor - 1}.0 to 2.{minor}.0"
    message = f"{title}\n\nSigned-off-by: dependabot[bot] <support@github.com>\n"
    branch = f"dependabot/npm_and_yarn/{package}-2.{minor}.0-{random.randrange(1_000)}"

    def edit(tree: Tree) -> Tree:
        path = next((path for path in tree if not text.is_source(path) and not text.is_test(path)), next(iter(tree)))
        lines = list(tree[path].lines)
        lines[random.randrange(len(lines))] = text.statement(random, path)
        return changed(tree, path, tuple(lines))

    story = Story(repository.name, "bot", None, branch)
    ending: Ending = "squash" if random.random() < 0.7 else "closed"
    plan = Plan(
        story, DEPENDABOT, title, f"Bumps {package}.", [Step(at, edit, message)], ending, random,
        minutes=900, labels=("dependencies",),
    )  # fmt: skip
    return live(world, repository, plan)


def of_nobody_s_review(world: World, repository: Repository, week: datetime) -> Life:
    """Commits that are pushed to the default branch without a pull request; now and then a bug that is only told."""
    random = chance_of(world, "direct", repository.name, world.weeks_ago(week))
    for day in sorted(random.sample(range(5), random.randrange(3))):
        at = week + timedelta(days=day, hours=8 + random.randrange(9), minutes=random.randrange(60))
        yield at
        by: Account = world.accounts[random.choice(world.people).number]
        tree = anywhere(random, repository.head.tree, 5, 3)
        commit = repository.commit(repository.head, tree, by, at, f"Tidy {random.choice(_TOPICS)}\n")
        repository.push(DEFAULT, commit, by, at)
    if random.random() < 0.35:
        yield (at := week + timedelta(days=5))
        by = world.accounts[random.choice(world.people).number]
        issue = repository.open_issue("It is slow at times", "", by, at, "bug")
        world.lingering[repository.name].append(issue)


def of_vendor(world: World, repository: Repository, at: datetime, files: int = 25, lines: int = 1_000) -> None:
    """More lines than the forge tells in one answer."""
    random = chance_of(world, "vendor", repository.name)
    person = world.people[0]

    def edit(tree: Tree) -> Tree:
        made = dict(tree)
        for number in range(files):
            path = f"vendor/icons/set_{number:02}.ts"
            made = dict(changed(made, path, text.whole(random, path, lines)))
        return made

    story = Story(repository.name, "vendored", person, "vendor-icons")
    plan = Plan(
        story, world.accounts[person.number], "Vendor the icons", "As they are.",
        [Step(at, edit, "Vendor the icons\n")], "squash", random, is_quiet=True,
    )  # fmt: skip
    world.begin(live(world, repository, plan))


def of_many(world: World, repository: Repository, at: datetime, number: int) -> Life:
    """One of very many pull requests of a repository."""
    yield at
    random = chance_of(world, "many", number)
    steps = [_by_hand(random, at + timedelta(minutes=20 * index)) for index in range(1 + random.randrange(3))]
    story = Story(repository.name, "human", random.choice(world.people), f"work/{number}")
    assert story.person is not None
    ending: Ending = (
        "closed" if random.random() < 0.1 else random.choice(("squash", "squash", "squash", "rebase", "merge"))
    )
    plan = Plan(
        story, world.accounts[story.person.number], title_of(random), "By hand.", steps, ending, random,
        opened_after=len(steps), minutes=60, then=_follow(world, repository, story, 0.05, random),
    )  # fmt: skip
    yield from live(world, repository, plan)
