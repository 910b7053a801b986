"""A reading: one number with all that is needed to judge it, and the words for the judgement. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from codecard.lib.formats import Unit, counted, points, quantity, tick


@dataclass(frozen=True, slots=True)
class Band:
    """A healthy range; an open end is None."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def text(self, unit: Unit) -> str:
        """25–60% · ≥ 60% · ≤ 10m."""
        if self.low is None:
            return f"≤\u00a0{tick(self.high, unit)}" if self.high is not None else "not set"
        if self.high is None:
            return f"≥\u00a0{tick(self.low, unit)}"
        low, high = tick(self.low, unit), tick(self.high, unit)
        return f"{low.removesuffix('%')}–{high}" if unit is Unit.SHARE else f"{low} – {high}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reading means, said three times: by word, icon and colour."""

    kind: str  # ok | warn | na
    icon: str
    word: str


IN_RANGE = Verdict("ok", "check", "In range")
BELOW = Verdict("warn", "warn", "Below range")
ABOVE = Verdict("warn", "warn", "Above range")
TOO_FEW = Verdict("na", "info", "Too few to judge")
NO_RANGE = Verdict("na", "dash", "No range set")
NO_DATA = Verdict("na", "dash", "No data yet")
WITHHELD = Verdict("na", "lock", "Withheld")
PARTIAL = Verdict("na", "info", "Partly known")

PARTIAL_BELOW = 0.6
"""Known of less than this share of its cases, a number is shown and not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value for a window, with its sample.

    :ivar value: None where there is nothing to show: no data, or withheld.
    :ivar interval: 95 % interval, both ends in the unit of the value.
    :ivar is_few: under the metric's smallest honest sample: hollow mark, no delta, no verdict.
    :ivar is_withheld: under the privacy floor; ``value`` must be None then.
    :ivar is_real_change: whether the interval of the difference leaves out 0; None where that was not computed.
    :ivar domain: the two ends of the ruler, the same for all readings of a metric.
    :ivar numerator: and ``denominator``: what the value is the ratio of; None where it is none.
    :ivar previous_n: the size of the sample before.
    :ivar change: 95 % interval of the difference from the period before, in the unit of the value.
    :ivar is_striking: the change is real at 99 % too: of many numbers looked at, few are so by chance.
    :ivar coverage: of which share of the cases there is data; None where that can't be known.
    """

    value: float | None
    n: int = 0
    unit: Unit = Unit.SHARE
    noun: str = "decisions"
    interval: tuple[float, float] | None = None
    band: Band | None = None
    previous: float | None = None
    is_few: bool = False
    is_withheld: bool = False
    is_real_change: bool | None = None
    domain: tuple[float, float] = (0.0, 1.0)
    numerator: float | None = None
    denominator: float | None = None
    previous_n: int = 0
    change: tuple[float, float] | None = None
    coverage: float | None = None
    is_striking: bool = False

    @property
    def is_partial(self) -> bool:
        return self.coverage is not None and self.coverage < PARTIAL_BELOW

    @property
    def is_judged(self) -> bool:
        """Whether anything may be concluded from it."""
        return self.value is not None and not self.is_few and not self.is_partial

    @property
    def is_out_of_range(self) -> bool:
        """The whole interval lies outside of the healthy range: no chance of a few cases."""
        if not self.is_judged or self.band is None or self.interval is None:
            return False
        low, high = self.interval
        is_below = self.band.low is not None and high < self.band.low
        return is_below or (self.band.high is not None and low > self.band.high)

    @property
    def verdict(self) -> Verdict:
        if self.is_withheld:
            return WITHHELD
        if self.value is None:
            return NO_DATA
        if self.is_few:
            return TOO_FEW
        if self.is_partial:
            return PARTIAL
        return self._against_band(self.value)

    @property
    def has_verdict(self) -> bool:
        """False where a number has no range by its nature, so that nothing needs to be said."""
        return self.verdict is not NO_RANGE

    def _against_band(self, value: float) -> Verdict:
        if self.band is None:
            return NO_RANGE
        if self.band.holds(value):
            return IN_RANGE
        return BELOW if self.band.low is not None and value < self.band.low else ABOVE

    @property
    def text(self) -> str:
        return "–" if self.value is None else quantity(self.value, self.unit)

    @property
    def sample(self) -> str:
        """The size of the sample in words: "of 12,480 decisions"."""
        return f"of {counted(self.n, self.noun.removesuffix('s'), self.noun)}" if self.n else ""

    @property
    def band_text(self) -> str:
        return self.band.text(self.unit) if self.band else ""

    @property
    def interval_text(self) -> str:
        if self.interval is None:
            return ""
        return f"{quantity(self.interval[0], self.unit)} to {quantity(self.interval[1], self.unit)}"

    @property
    def description(self) -> str:
        """The whole ruler in words, for those who cannot see it."""
        parts = [self.text if self.value is not None else self.verdict.word]
        if self.value is not None and self.verdict is not NO_RANGE:
            parts.append(self.verdict.word.lower())
        if self.band:
            parts.append(f"healthy range {self.band_text}")
        if self.previous is not None:
            parts.append(f"period before {quantity(self.previous, self.unit)}")
        if self.interval:
            parts.append(f"95% interval {self.interval_text}")
        return ", ".join(parts)

    @property
    def delta(self) -> Delta | None:
        """The change against the period before; None where a comparison would mislead."""
        if self.value is None or self.previous is None or self.is_few or self.is_partial:
            return None
        return delta(self.value, self.previous, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A sum over a window beside the sum of the window before. None is "withheld" or "not known", never 0."""

    value: float | None
    unit: Unit = Unit.COUNT
    previous: float | None = None
    is_withheld: bool = False
    spark: tuple[float | None, ...] = ()

    @property
    def text(self) -> str:
        return "–" if self.value is None else quantity(self.value, self.unit)

    @property
    def delta(self) -> Delta | None:
        if self.value is None or self.previous is None:
            return None
        return delta(self.value, self.previous, self.unit)


@dataclass(frozen=True, slots=True)
class Delta:
    """A change as an arrow and a size. Never coloured: up is not good, down is not bad."""

    direction: str  # up | down | same
    text: str

    @property
    def arrow(self) -> str:
        return {"up": "▲", "down": "▼"}.get(self.direction, "")


def delta(value: float, previous: float, unit: Unit) -> Delta:
    """Shares change by points; all else by percent of the value before, or by itself where that was 0."""
    change = value - previous
    text = points(change) if unit is Unit.SHARE else _relative(change, previous, unit)
    if not any(digit in text for digit in "123456789"):
        return Delta("same", "unchanged")
    return Delta("up" if change > 0 else "down", text)


def _relative(change: float, previous: float, unit: Unit) -> str:
    if not previous:
        return quantity(abs(change), unit)
    percent = abs(change / previous) * 100
    return f"{percent:,.0f}%" if percent < 1_000 else f"{abs(change / previous) + 1:,.0f}\u00a0times"
