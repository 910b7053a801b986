"""The life of a pull request, from the first commit in somebody's clone to its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from events.simulation.chance import seeded
from events.simulation.forge import git, text
from events.simulation.forge.git import Blob, Commit, Signature, Tree
from events.simulation.forge.hosting import DEFAULT, Conflict, Repository
from events.simulation.forge.state import Account, Kind, Pull
from events.simulation.forge.stories import Ending, Reported, Story
from events.simulation.forge.world import Life, World, changed, soon, working
from events.simulation.trends import PASSES

Edit = Callable[[Tree], Tree]
IsMeant = Callable[[str], bool]
_MOST_FILES = 60


class Step(NamedTuple):
    """A commit to be made. `session`: of the tool that makes it and says so."""

    at: datetime
    edit: Edit
    message: str
    session: str | None = None
    undoes: bool = False
    """Takes back the commit before, whatever `edit` and `message` are."""


@dataclass
class Plan:
    """`opened_after`: how many of the steps are made before the pull request is opened. `minutes`: from the last
    commit to the end, roughly. `base`: the branch it starts from and goes into."""

    story: Story
    author: Account
    title: str
    body: str
    steps: Sequence[Step]
    ending: Ending
    random: Random
    opened_after: int = 1
    minutes: float = 120.0
    base: str = DEFAULT
    is_draft: bool = False
    passes: float = PASSES
    """How likely its tests pass."""
    is_quiet: bool = False
    """No reviews and no tests."""
    labels: tuple[str, ...] = ()
    closes: tuple[int, ...] = ()
    then: Callable[[Pull, datetime], None] = field(default=lambda pull, at: None)
    """What follows once it is on the default branch."""


def stacked(world: World, repository: Repository, parent: Story, plan: Plan) -> Life:
    """On another pull request's branch, and into it; when that is merged, what is left goes onto the default branch."""
    life = _Life(world, repository, plan)
    yield plan.steps[0].at
    if parent.branch not in repository.branches:
        return
    life.tip = repository.branches[parent.branch]
    yield from life.develop(plan.steps)
    yield from life.open()
    if life.pull is None:
        return
    while parent.ending == "open":
        life.now += timedelta(hours=3)
        yield life.now
    life.ontop()
    yield from life.review()
    yield from life.end()


def live(world: World, repository: Repository, plan: Plan) -> Life:
    life = _Life(world, repository, plan)
    yield plan.steps[0].at
    life.tip = repository.branches.get(plan.base, repository.head)
    yield from life.develop(plan.steps[: plan.opened_after])
    yield from life.open()
    yield from life.develop(plan.steps[plan.opened_after :])
    if plan.ending != "open":
        yield from life.review()
        yield from life.end()


class _Life:
    tip: Commit

    def __init__(self, world: World, repository: Repository, plan: Plan) -> None:
        self.world, self.repository, self.plan = world, repository, plan
        self.random, self.story, self.now = plan.random, plan.story, plan.steps[0].at
        self.pull: Pull | None = None

    def develop(self, steps: Sequence[Step]) -> Life:
        for step in steps:
            self.now = max(step.at, self.now)
            yield self.now
            tree, message = step.edit(self.tip.tree), step.message
            if step.undoes:
                tree, message = self.tip.parents[0].tree, undoing(self.tip.subject, [self.tip])
            by = self.plan.author
            author = Signature(by.name, by.email, step.at)
            self.tip = self.repository.commit(self.tip, tree, by, self.now, message, author=author)
            if step.session:
                told = Reported(step.session, self.tip, self.story.branch, step.at)
                self.world.reported.setdefault(step.session, []).append(told)
            if self.pull:
                yield from self._push()

    def open(self) -> Life:
        plan = self.plan
        self.now = soon(self.random, self.now, 6)
        yield self.now
        if plan.base not in self.repository.branches:
            return
        if "rewritten" in self.story.marks:
            self._rewrite()
        self._push_now()
        self.pull = self.repository.open_pull(
            plan.title, plan.body, plan.author, self.now, self.story.branch, base_ref=plan.base,
            is_draft=plan.is_draft, closes=plan.closes, labels=plan.labels,
        )  # fmt: skip
        self.story.pull = self.pull
        self._note_commits()
        self.world.stories.append(self.story)
        yield from self._test()

    def _rewrite(self) -> None:
        """Commits get other SHAs before anybody sees them: onto the newest base, and with a word more."""
        commits = tuple(git.ancestors(self.tip, self.repository.on_default))
        base = self.repository.branches.get(self.plan.base, self.repository.head)
        for commit in commits:
            tree = git.merge(commit.parents[0].tree, base.tree, commit.tree).tree
            base = self.repository.commit(base, tree, self.plan.author, self.now, commit.message, author=commit.author)
        self.tip = base

    def ontop(self) -> None:
        """Of the default branch, without the commits of the branch that it was stacked on."""
        assert self.pull is not None
        self.tip = self.repository.replay(self.pull.commits, self.repository.head, self.plan.author, self.now)[-1]
        self.plan.base = DEFAULT
        self.repository.retarget(self.pull, DEFAULT, self.plan.author, self.now)
        self._push_now(forced=True)

    def _push(self, *, forced: bool = False) -> Life:
        self.now = soon(self.random, self.now, 2)
        yield self.now
        self._push_now(forced=forced)
        yield from self._test()

    def _push_now(self, *, forced: bool = False) -> None:
        self.repository.push(self.story.branch, self.tip, self.plan.author, self.now, forced=forced)
        if self.pull:
            self._note_commits()

    def _note_commits(self) -> None:
        assert self.pull is not None
        self.story.pushed |= {commit.sha: commit for commit in self.pull.commits}

    def _test(self) -> Life:
        """The run takes minutes, in which nobody waits; one that fails is run again, or the code is mended."""
        if self.plan.is_quiet or self.pull is None:
            return
        takes = timedelta(seconds=self.random.randrange(90, 900))
        if self.random.random() < self.plan.passes:
            self.repository.run(self.pull, self.now, takes, "success")
            return
        run = self.repository.run(self.pull, self.now, takes, "failure")
        self.now = soon(self.random, run.completed_at, 9)
        yield self.now
        if self.random.random() < 0.4:
            self.repository.run(self.pull, self.now, takes, "success", attempt=2)
            return
        self.tip = self.repository.commit(
            self.tip, anywhere(self.random, self.tip.tree, 4, 3), self.plan.author, self.now, "Make the tests pass\n"
        )
        self.now = soon(self.random, self.now, 1)
        yield self.now
        self._push_now()
        self.repository.run(self.pull, self.now, takes, "success")

    def review(self) -> Life:
        assert self.pull is not None
        random, plan, pull = self.random, self.plan, self.pull
        if "forced" in self.story.marks:
            self.now = soon(random, self.now, 20)
            yield self.now
            self._rewrite()
            yield from self._push(forced=True)
        if plan.is_draft:
            self.now = working(random, soon(random, self.now, 60))
            yield self.now
            self.repository.ready(pull, plan.author, self.now)
        if plan.is_quiet:
            return
        reviewer = self.world.reviewer(random, plan.author)
        if random.random() < 0.22:
            self.now = working(random, soon(random, self.now, plan.minutes / 3))
            yield self.now
            self.repository.review(pull, reviewer, self.now, "changes_requested")
            self.now = working(random, soon(random, self.now, 40))
            yield self.now
            self.tip = self.repository.commit(
                self.tip, anywhere(random, self.tip.tree, 9, 6), plan.author, self.now, "Say it more plainly\n"
            )
            yield from self._push()
        if random.random() < 0.9:
            self.now = working(random, soon(random, self.now, plan.minutes / 2))
            yield self.now
            self.repository.review(pull, reviewer, self.now, "approved")

    def end(self) -> Life:
        assert self.pull is not None
        self.now = working(self.random, soon(self.random, self.now, self.plan.minutes / 4))
        yield self.now
        if "reopened" in self.story.marks:
            self.repository.close(self.pull, self.plan.author, self.now)
            self.now = working(self.random, soon(self.random, self.now, 300))
            yield self.now
            self.repository.reopen(self.pull, self.plan.author, self.now)
            self.now = soon(self.random, self.now, 60)
            yield self.now
        if self.plan.ending == "closed":
            self.repository.close(self.pull, self.plan.author, self.now)
            self.story.ending = "closed"
        elif self.plan.ending == "by_hand":
            yield from self._land_by_hand()
        else:
            yield from self._merge()

    def _merge(self) -> Life:
        assert self.pull is not None
        by = self.world.reviewer(self.random, self.plan.author) if self.random.random() < 0.4 else self.plan.author
        while True:
            try:
                self._merged(self.repository.merge(self.pull, self._kind(), by, self.now))
                return
            except Conflict:
                yield from self._update()

    def _kind(self) -> Kind:
        ending = self.plan.ending
        assert ending != "closed"
        assert ending != "open"
        return ending

    def _update(self) -> Life:
        """Merges the base into the branch; where both changed a place, the branch's lines stay."""
        assert self.pull is not None
        self.story.marks.add("conflict")
        base = self.repository.branches[self.pull.base_ref]
        tree = git.merge(self.pull.fork.tree, base.tree, self.tip.tree).tree
        message = f"Merge branch '{self.pull.base_ref}' into {self.story.branch}\n"
        self.tip = self.repository.commit(self.tip, tree, self.plan.author, self.now, message, base)
        self._push_now()
        self.now = soon(self.random, self.now, 4)
        yield self.now

    def _land_by_hand(self) -> Life:
        """Somebody applies the patch, pushes it, and closes the pull request with a word of thanks."""
        assert self.pull is not None
        repository, by = self.repository, self.world.reviewer(self.random, self.plan.author)
        merged = git.merge(self.pull.fork.tree, repository.head.tree, self.tip.tree)
        while not merged.is_clean:
            yield from self._update()
            merged = git.merge(self.pull.fork.tree, repository.head.tree, self.tip.tree)
        author = Signature(self.plan.author.name, self.plan.author.email, self.pull.commits[-1].author.at)
        commit = repository.commit(repository.head, merged.tree, by, self.now, f"{self.plan.title}\n", author=author)
        repository.integrated[commit.sha] = self.pull.number
        repository.push(DEFAULT, commit, by, self.now)
        repository.close(self.pull, by, self.now + timedelta(minutes=1))
        self._merged([commit])

    def _merged(self, new: list[Commit]) -> None:
        assert self.pull is not None
        self.story.ending = self.plan.ending
        if self.pull.base_ref == DEFAULT:
            self.story.integrated_at, self.story.integrated = self.now, tuple(commit.sha for commit in new)
            self.plan.then(self.pull, self.now)
        if self.story.branch in self.repository.branches and self.random.random() < 0.8:
            self.repository.remove_branch(self.story.branch, self.plan.author, self.now + timedelta(seconds=20))


def undoing(subject: str, undone: Sequence[Commit]) -> str:
    """What `git revert` proposes to say."""
    return f'Revert "{subject}"\n\n' + "".join(f"This reverts commit {commit.sha}.\n" for commit in undone)


def anywhere(
    random: Random, tree: Tree, added: int, removed: int, *, with_test: bool = False, is_meant: IsMeant | None = None
) -> Tree:  # fmt: skip
    """An edit of one to three files, now and then with a new, a renamed or a removed one; of those alone that are
    meant."""
    own = [path for path in tree if not path.startswith("vendor/")]
    paths = [path for path in own if is_meant is None or is_meant(path)] or own
    tests = [path for path in paths if text.is_test(path)]
    many = 1 + (added > 25) + (added > 70)
    chosen = random.sample(paths, min(many, len(paths)))
    if with_test and tests:
        chosen = list(dict.fromkeys([*chosen, random.choice(tests)]))
    chance = random.random()
    if chance < 0.06:
        tree = _renamed(random, tree, chosen[0])
        chosen = [path for path in chosen if path in tree]
    for path in chosen:
        lines = text.edited(random, path, tree[path].lines, max(1, added // len(chosen)), removed // len(chosen))
        tree = changed(tree, path, lines)
    if 0.06 < chance < 0.09 and len(paths) > _MOST_FILES // 2:
        tree = {path: blob for path, blob in tree.items() if path != chosen[0]}
    if chance > 0.9 and len(paths) < _MOST_FILES:
        path = _beside(random, tree, paths)
        tree = changed(tree, path, text.whole(random, path, max(6, added)))
    return tree


def _renamed(random: Random, tree: Tree, path: str) -> Tree:
    moved: dict[str, Blob] = dict(tree)
    new = _beside(random, tree, [path])
    moved[new] = moved.pop(path)
    return moved


def _beside(random: Random, tree: Tree, paths: list[str]) -> str:
    stem, _, extension = random.choice(paths).rpartition(".")
    while f"{stem}_{(number := random.randrange(10_000))}.{extension}" in tree:
        continue
    return f"{stem}_{number}.{extension}"


def chance_of(world: World, *parts: object) -> Random:
    return seeded(world.seed, "forge", *parts)
