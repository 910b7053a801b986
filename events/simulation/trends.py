"""How the company changes over the months: when people work, what they work on, with which models, and how much of it
they accept. Everything is a function of the calendar and of `weeks_ago`, so that any week can be made by itself."""

import math
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple


class Habit(NamedTuple):
    """Of a team: the share of suggestions that a person accepts, and the share that a rule decides."""

    acceptance: float
    automatic: float


_HABITS = {
    "storefront": Habit(0.47, 0.18),
    "checkout": Habit(0.53, 0.12),
    "platform": Habit(0.37, 0.25),
    "data": Habit(0.42, 0.82),
    "": Habit(0.44, 0.20),
}
TURN_WEEKS = 4
"""So many whole weeks ago two teams changed: what a page shows at first is after it, what it compares with before."""
REGRESSION, IMPROVEMENT = 0.15, 0.20
"""Checkout accepts so much less than before the turn, and Platform so much more."""


def weeks_ago(day: date, until: date) -> int:
    """Weeks from Monday to Sunday: 0 is the last one that is over before `until`, -1 the one that still runs."""
    return (monday(until) - monday(day)).days // 7 - 1


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def habit_of(team: str, weeks_ago: int) -> Habit:
    found = _HABITS.get(team, _HABITS[""])
    if team == "checkout" and weeks_ago < TURN_WEEKS:
        return found._replace(acceptance=found.acceptance - REGRESSION)
    if team == "platform" and weeks_ago >= TURN_WEEKS:
        return found._replace(acceptance=found.acceptance - IMPROVEMENT)
    return found


CRITICAL_REPOSITORY, CRITICAL_PATHS = "checkout-api", "migrations/"
"""Where the first test run mostly fails: migrations of this repository. What else there is passes mostly."""
CRITICAL_SHARE, CRITICAL_PASSES, PASSES = 0.56, 0.2, 0.84


class Project(NamedTuple):
    name: str
    language: str
    runner: str
    command: str
    """What runs its tests, and how it is called."""
    files: tuple[str, ...]

    @property
    def repository(self) -> str:
        return f"git.sample.invalid/quillmere/{self.name}"


PROJECTS = (
    Project("shop-web", "TypeScript", "vitest", "npx vitest run", (
        "src/components/Basket.tsx", "src/routes/catalogue.ts", "src/clients/prices.client.ts", "src/search.ts",
        "src/components/Basket.test.tsx", "package.json", "src/models/product.ts",
    )),
    Project("shop-mobile", "Kotlin", "gradle", "./gradlew test", (
        "app/src/ui/BasketScreen.kt", "app/src/model/Product.kt", "app/src/net/ShopClient.kt", "app/build.gradle.kts",
        "app/src/test/BasketTest.kt",
    )),
    Project("checkout-api", "Python", "pytest", "python -m pytest -q", (
        "checkout/views.py", "checkout/serializers.py", "checkout/models.py", "checkout/migrations/0042_refund.py",
        "tests/test_refunds.py", "checkout/pricing.py", "checkout/clients/ledger.py",
    )),
    Project("payments", "Go", "go test", "go test ./...", (
        "internal/handlers/charge.go", "internal/charge/charge.go", "internal/charge/charge_test.go",
        "migrations/0017_fees.up.sql", "internal/clients/bank.go", "go.mod",
    )),
    Project("platform-infra", "Terraform", "make", "make test", (
        "modules/queue/main.tf", "modules/queue/variables.tf", "ci/deploy.yml", "docs/runbook.md", "Makefile",
    )),
    Project("identity", "Java", "gradle", "./gradlew test", (
        "src/main/java/id/TokenController.java", "src/main/java/id/TokenRepository.java", "build.gradle",
        "src/test/java/id/TokenTest.java", "src/main/java/id/config/Settings.java",
    )),
    Project("pipelines", "Python", "pytest", "python -m pytest -q", (
        "pipelines/stats/seasonality.py", "pipelines/models/order.py", "pipelines/load.py", "tests/test_load.py",
        "pipelines/sql/daily.sql", "docs/tables.md",
    )),
    Project("forecasts", "Python", "pytest", "python -m pytest -q", (
        "forecasts/algorithms/decompose.py", "forecasts/matrix.py", "tests/test_matrix.py", "notebooks/check.ipynb",
        "pyproject.toml",
    )),
)  # fmt: skip
_PROJECTS_OF_TEAMS = {"storefront": (0, 1, 0), "checkout": (2, 2, 3), "platform": (4, 5, 3), "data": (6, 7, 6)}


def project_of(team: str, random: Random) -> Project:
    """One of the team's own, now and then one of another team."""
    own = _PROJECTS_OF_TEAMS.get(team, (0, 2, 5))
    return PROJECTS[random.choice(own) if random.random() < 0.92 else random.randrange(len(PROJECTS))]


class Shift(NamedTuple):
    """The share of a model moves from `before` to `now`, half of it `weeks_ago` weeks ago."""

    model: str
    before: float
    now: float
    weeks_ago: int = 12


_MODELS = {
    "claude-code": (
        Shift("claude-sonnet-4-5", 0.72, 0.06, 11), Shift("claude-sonnet-5-5", 0.0, 0.58, 11),
        Shift("claude-opus-4-5", 0.20, 0.04, 8), Shift("claude-opus-5-5", 0.0, 0.22, 8),
        Shift("claude-haiku-4-5", 0.08, 0.10),
    ),
    "codex": (Shift("gpt-5.1-codex", 0.85, 0.15, 14), Shift("gpt-5.3-codex", 0.15, 0.85, 14)),
    "gemini-cli": (
        Shift("gemini-2.5-pro", 0.7, 0.2, 9), Shift("gemini-2.5-flash", 0.3, 0.3),
        Shift("gemini-3-pro-preview", 0.0, 0.5, 9),
    ),
    "copilot": (Shift("gpt-5.1", 0.9, 0.3, 10), Shift("gpt-5.5", 0.1, 0.7, 10)),
    "copilot-chat": (
        Shift("gpt-5.1", 0.6, 0.2, 10), Shift("gpt-5.5", 0.0, 0.4, 10), Shift("claude-sonnet-4-5", 0.4, 0.4),
    ),
    # A model of the company's own: nobody knows its price.
    "quill": (Shift("quill-coder-2", 1.0, 1.0),),
}  # fmt: skip


@lru_cache(maxsize=1024)
def models_of(tool: str, weeks_ago: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The models in use with a tool, and their cumulative shares."""
    names, total, upto = [], 0.0, []
    for shift in _MODELS[tool]:
        moved = 1 / (1 + math.exp((weeks_ago - shift.weeks_ago) / 1.5))
        total += shift.before + (shift.now - shift.before) * moved
        names.append(shift.model)
        upto.append(total)
    return tuple(names), tuple(upto)


_HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)}


def attendance(day: date) -> float:
    """How likely somebody works on a day, and how much of a day it is."""
    if (day.month, day.day) in _HOLIDAYS:
        return 0.04
    if day.weekday() >= 5:
        return 0.06
    is_summer = (7, 20) <= (day.month, day.day) <= (8, 20)
    return (0.66 if is_summer else 0.86) - (0.06 if day.weekday() == 4 else 0.0)


def adoption(weeks_ago: int) -> float:
    """More use over the months."""
    return 0.62 + 0.48 / (1 + math.exp((weeks_ago - 13) / 4))
