"""Token-to-code ratio: tokens of the sessions linked to merged pull requests, by the AI lines that these merged.

Input read from a cache is left out: it is cheap, and long sessions are mostly that. A session linked to several pull
requests is split by what it gave each, so no token counts twice.
"""

from collections.abc import Iterable

from codecard.lib.formats import Unit
from events.metrics._base import Case, Direction, Example, Metric
from events.metrics._pulls import DIMENSIONS, behaviour_of
from events.metrics._samples import Ratio
from events.queries.facts import Facts
from events.queries.pull_facts import Pull


def cases(facts: Facts) -> Iterable[Case]:
    return behaviour_of(facts, _ratio, Ratio())


def _ratio(pull: Pull) -> Ratio | None:
    lines = pull.ai_lines if pull.ai_lines is not None else pull.source_lines_added
    return Ratio.case(pull.tokens, lines) if pull.tokens and lines else None


METRIC = Metric(
    slug="tokens-per-merged-line",
    label="Tokens per merged line",
    short="Tokens per merged line",
    rank=6,
    unit=Unit.TOKENS,
    noun="pull requests",
    direction=Direction.LOWER,
    definition="Tokens of the sessions linked to merged pull requests, for each AI line that was merged.",
    formula="Σ (input not read from a cache + output + cache writes) ÷ Σ AI lines merged",
    population=(
        "AI-assisted pull requests that are on the default branch and have a linked session. AI lines where a tool"
        " attributes them, else the added lines outside generated and vendored files."
    ),
    care=(
        "Verbose code makes the ratio look better. Compare inside one task type. Tokens of sessions that merged nothing"
        " are in no pull request: they are shown as unshipped."
    ),
    minimum=20,
    domain=(0.0, 2_000.0),
    dimensions=DIMENSIONS,
    cases=cases,
    needs="GitHub connected, and sessions that tell their repository, so that they are linked to pull requests.",
    example=Example(
        words="Two pull requests: 12,000 tokens for 40 lines and 9,000 for 60: 21,000 ÷ 100 = 210 tokens a line.",
        sample=Ratio.of([Ratio.case(12_000, 40), Ratio.case(9_000, 60)]),
        value=210.0,
    ),
)
