"""Bugs that the forge plants, so that it knows whose they are; their issues, fixes and reverts; and the traps beside
them, which look like defects and are none."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from events.simulation.forge import diffs, git, text
from events.simulation.forge.git import Commit, Tree
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.lives import Plan, Step, chance_of, live, undoing
from events.simulation.forge.state import Account, Issue, Pull
from events.simulation.forge.stories import Bug, BugKind, Story, Tier
from events.simulation.forge.world import Life, World, changed, soon, working

_KINDS: tuple[tuple[BugKind, int], ...] = (
    ("named", 14), ("traced", 34), ("mixed", 10), ("ghost", 12), ("revert", 16), ("old_issue", 6), ("tests_only", 8),
)  # fmt: skip
_TIERS: dict[BugKind, Tier | None] = {
    "named": "confirmed", "traced": "probable", "mixed": "possible", "ghost": "possible", "revert": "confirmed",
    "old_issue": None, "tests_only": None,
}  # fmt: skip


def may_follow(world: World, repository: Repository, story: Story, share: float) -> None:
    """Begins what comes of a pull request that was just integrated, in a share of all."""
    assert story.pull is not None
    random = chance_of(world, "defect", repository.name, story.pull.number)
    if random.random() >= share:
        return
    kinds, weights = zip(*_KINDS, strict=True)
    kind = random.choices(kinds, weights)[0]
    life = _reverted if kind == "revert" else _mended
    world.begin(life(world, repository, story, story.pull, kind, random))


class _Place(NamedTuple):
    path: str
    numbers: list[int]
    """Lines that the pull request brought, counted from 0."""


def _mended(
    world: World, repository: Repository, story: Story, origin: Pull, kind: BugKind, random: Random
) -> Life:  # fmt: skip
    assert story.integrated_at is not None
    by = world.reviewer(random, origin.author)
    found_at = working(random, soon(random, story.integrated_at, 60 * 24 * 7, 1.1))
    yield found_at
    issue = _older(world, repository, origin) if kind == "old_issue" else None
    if kind == "old_issue" and issue is None:
        return
    issue = issue or _complain(repository, origin, kind, by, found_at, random)
    yield (begun_at := working(random, soon(random, found_at, 60 * 20)))
    found_at = issue.created_at
    places = list(_places(repository, story, is_test=kind == "tests_only"))
    if not places:
        return
    bug = Bug(repository.name, kind, origin.number, found_at, _TIERS[kind], issue.number)
    bug.lag_days = (found_at - story.integrated_at) / timedelta(days=1)
    world.bugs.append(bug)
    fixer = origin.author if random.random() < 0.5 else world.reviewer(random, origin.author)
    step = Step(begun_at, lambda tree: _fix(random, tree, places, kind), _message(random, kind, story))
    plan = _fix_plan(world, repository, random, fixer, step, issue, bug)
    yield from live(world, repository, plan)


def _older(world: World, repository: Repository, origin: Pull) -> Issue | None:
    """A bug that was known, and open, before there was the pull request: it can't be its bug."""
    left = world.lingering[repository.name]
    older = [issue for issue in left if issue.created_at < origin.created_at]
    if older:
        left.remove(older[0])
    return older[0] if older else None


def _complaint(random: Random) -> str:
    return (
        f"{random.choice(('Totals', 'Labels', 'Filters', 'Prices', 'Exports'))} are wrong for {random.randrange(900)}"
    )


def _complain(
    repository: Repository, origin: Pull, kind: BugKind, by: Account, at: datetime, random: Random
) -> Issue:  # fmt: skip
    body = "It was right before."
    if kind == "named" and random.random() < 0.5:
        body = f"It was right before. Regression introduced by #{origin.number}."
    return repository.open_issue(_complaint(random), body, by, at, "bug")


def _message(random: Random, kind: BugKind, story: Story) -> str:
    if kind != "named":
        return "Fix what was counted twice\n"
    assert story.pull is not None
    if random.random() < 0.5:
        return f"Fix what was counted twice\n\nRegression introduced by #{story.pull.number}\n"
    sha = story.integrated[-1]
    return f'Fix what was counted twice\n\nFixes: {sha[:12]} ("{story.pull.title}")\n'


def _fix_plan(
    world: World, repository: Repository, random: Random, by: Account, step: Step, issue: Issue, bug: Bug
) -> Plan:  # fmt: skip
    story = Story(repository.name, "fix", world.person_of(by), f"fix/{issue.number}-{random.randrange(10_000)}")
    said = step.message.partition("\n\n")[2].strip()

    def then(pull: Pull, at: datetime) -> None:
        bug.fix, bug.commit = pull.number, story.integrated[-1]

    return Plan(
        story, by, f"Fix {issue.title.lower()}", f"Fixes #{issue.number}\n\n{said}".strip(), [step], "squash", random,
        minutes=60, closes=(issue.number,), labels=("bug",) if random.random() < 0.5 else (), then=then,
    )  # fmt: skip


def _places(repository: Repository, story: Story, *, is_test: bool) -> Iterable[_Place]:
    """What is still there of it on the default branch, the file with most of it first."""
    assert story.integrated_at is not None
    head, shas = repository.head, set(story.integrated)
    paths = {
        change.path
        for sha in story.integrated
        for change in repository.commits[sha].changes
        if change.path in head.tree
    }
    wanted = [path for path in paths if (text.is_test(path) if is_test else text.is_source(path))]
    found = [_Place(path, _own(head, path, shas, story.integrated_at)) for path in wanted]
    return sorted((place for place in found if place.numbers), key=lambda place: (-len(place.numbers), place.path))


def _own(head: Commit, path: str, shas: set[str], since: datetime) -> list[int]:
    lines = head.tree[path].lines
    owners = git.blame(head, path, first_parent=True, since=since)
    return [number for number, sha in enumerate(owners) if sha in shas and _says_something(lines[number])]


def _says_something(line: str) -> bool:
    return any(character.isdigit() for character in line) and line.lstrip()[:1] not in ("#", "/", "-")


def _fix(random: Random, tree: Tree, places: list[_Place], kind: BugKind) -> Tree:
    """One to four of the lines are written anew. A ghost only says more, beside them; a mixed one also mends what was
    older."""
    place = places[0]
    lines = list(tree[place.path].lines)
    at = random.choice([number for number in place.numbers if number < len(lines)] or [0])
    if kind == "ghost":
        lines[at + 1 : at + 1] = text.block(random, place.path, random.randrange(1, 4))
        return changed(tree, place.path, tuple(lines))
    chosen = [number for number in range(at, min(at + random.randrange(1, 5), len(lines))) if number in place.numbers]
    for number in chosen or [at]:
        lines[number] = text.statement(random, place.path)
    if kind == "mixed":
        others = [
            number for number in range(len(lines)) if number not in place.numbers and _says_something(lines[number])
        ]
        for number in random.sample(others, min(len(others), max(1, len(chosen)))):
            lines[number] = text.statement(random, place.path)
    return changed(tree, place.path, tuple(lines))


def touched(repository: Repository, commit: Commit) -> dict[int | None, int]:
    """Lines of source that a commit took away, by the pull request that had brought them."""
    parent, found = commit.parents[0], Counter[int | None]()
    for change in commit.changes:
        if change.old is None or not text.is_source(change.path):
            continue
        owners = git.blame(parent, change.previous or change.path, first_parent=True)
        for edit in diffs.edits(*change.lines):
            found.update(repository.integrated.get(sha) for sha in owners[edit.old_start : edit.old_end])
    return dict(found)


# --- reverts ---------------------------------------------------------------------------------------------------------

_FORMS = ("button", "sha", "pushed", "title")


def _reverted(
    world: World, repository: Repository, story: Story, origin: Pull, kind: BugKind, random: Random
) -> Life:  # fmt: skip
    """By the forge's button, by `git revert` in a pull request or pushed, or with nothing but the title. Now and then
    it is taken back, within hours or after weeks."""
    assert story.integrated_at is not None
    yield (at := working(random, soon(random, story.integrated_at, 60 * 15, 1.2)))
    form = random.choice(_FORMS)
    undone = [repository.commits[sha] for sha in story.integrated]
    tree = git.merge(undone[-1].tree, repository.head.tree, undone[0].parents[0].tree)
    if not tree.is_clean:
        return
    bug = Bug(repository.name, "revert", origin.number, at, "confirmed", form=form)
    bug.lag_days = (at - story.integrated_at) / timedelta(days=1)
    by = world.reviewer(random, origin.author)
    subject = undone[-1].subject
    if form == "pushed" and len(undone) == 1:
        commit = repository.commit(repository.head, tree.tree, by, at, undoing(subject, undone))
        repository.push(DEFAULT, commit, by, at)
        bug.commit = commit.sha
        world.bugs.append(bug)
    else:
        yield from live(world, repository, _revert_plan(world, repository, random, origin, undone, by, bug, at))
    if bug.commit and random.random() < 0.3:
        yield from _taken_back(world, repository, bug, random, at)


def _revert_plan(
    world: World, repository: Repository, random: Random, origin: Pull, undone: list[Commit], by: Account, bug: Bug,
    at: datetime,
) -> Plan:  # fmt: skip
    def edit(tree: Tree) -> Tree:
        return git.merge(undone[-1].tree, tree, undone[0].parents[0].tree).tree

    def then(pull: Pull, when: datetime) -> None:
        bug.fix, bug.commit = pull.number, story.integrated[-1]
        world.bugs.append(bug)

    subject = undone[-1].subject if bug.form == "title" or len(undone) == 1 else origin.title
    is_button = bug.form == "button"
    branch = (
        f"revert-{origin.number}-{origin.head_ref}" if is_button else f"undo/{origin.number}-{random.randrange(999)}"
    )
    story = Story(repository.name, "revert", world.person_of(by), branch)
    body = f"Reverts {repository.full_name}#{origin.number}" if is_button else "It has to wait."
    message = f'Revert "{subject}"\n' if bug.form == "title" else undoing(subject, undone)
    if is_button:
        message = f'Revert "{origin.title}"\n\n{body}\n'
    title = f'Revert "{origin.title}"' if is_button else f'Revert "{subject}"'
    return Plan(story, by, title, body, [Step(at, edit, message)], "squash", random, minutes=20, then=then)


def _taken_back(world: World, repository: Repository, bug: Bug, random: Random, at: datetime) -> Life:
    """The revert of a revert: what it undid comes again."""
    assert bug.commit is not None
    revert = repository.commits[bug.commit]
    is_soon = random.random() < 0.4
    at = soon(random, at, 240, 0.3) if is_soon else working(random, at + timedelta(days=2 + random.randrange(9)))
    yield at
    tree = git.merge(revert.tree, repository.head.tree, revert.parents[0].tree)
    if not tree.is_clean:
        return
    by = world.reviewer(random, repository.pulls[bug.origin].author)
    again = f'Reapply "{repository.pulls[bug.origin].title}"' if random.random() < 0.5 else f'Revert "{revert.subject}"'
    commit = repository.commit(repository.head, tree.tree, by, at, f"{again}\n\nThis reverts commit {revert.sha}.\n")
    repository.push(DEFAULT, commit, by, at)
    bug.taken_back_at = at
    if bug.fix:
        after = (at - revert.committer.at) / timedelta(days=1)
        undone_fix = Bug(
            repository.name, "revert", bug.fix, at, "confirmed", commit=commit.sha, lag_days=after, form="pushed"
        )
        world.bugs.append(undone_fix)
