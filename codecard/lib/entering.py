"""Values as people type and read them: percent for shares, minutes for durations. Pure."""

from dataclasses import dataclass

from codecard.lib.formats import NBSP
from codecard.lib.reading import Band


@dataclass(frozen=True, slots=True)
class Entry:
    """How values of one unit are typed.

    :ivar noun: what is typed: "percent".
    :ivar sign: what stands behind a number when it is read: "%".
    :ivar factor: what was typed, times this, is the value in its own unit.
    :ivar least, most: the plausible ones, as typed.
    """

    noun: str
    sign: str
    factor: float = 1.0
    least: float = 0.0
    most: float = 1e12

    def value(self, typed: float) -> float:
        """Rounded, so that 57 percent is 0.57 and not 0.5700000000000001."""
        return round(typed * self.factor, 9)

    def typed(self, value: float) -> float:
        return round(value / self.factor, 9)

    def shown(self, value: float | None) -> str:
        """As a form shows it again; "" for None."""
        return "" if value is None else f"{self.typed(value):.12g}"

    def is_plausible(self, value: float) -> bool:
        return self.least <= self.typed(value) <= self.most

    @property
    def limits(self) -> str:
        return f"Between {self.least:,.10g} and {self.most:,.10g}, in {self.noun}."

    def text(self, band: Band) -> str:
        """25–60% · ≥ 60% · ≤ 10 minutes."""
        low, high = (None if end is None else f"{self.typed(end):,.10g}" for end in (band.low, band.high))
        if low is None:
            return f"≤{NBSP}{high}{self.sign}"
        return f"≥{NBSP}{low}{self.sign}" if high is None else f"{low}–{high}{self.sign}"


_MINUTES_OF_A_YEAR = 365 * 24 * 60.0
_ENTRIES = {
    "share": Entry("percent", "%", 0.01, most=100.0),
    "minutes": Entry("minutes", f"{NBSP}minutes", most=_MINUTES_OF_A_YEAR),
    "duration": Entry("minutes", f"{NBSP}minutes", 60.0, most=_MINUTES_OF_A_YEAR),  # held in seconds
    "money": Entry("US dollars", f"{NBSP}US{NBSP}dollars", 1_000_000.0),  # held in micro-USD
    "tokens": Entry("tokens", f"{NBSP}tokens"),
    "count": Entry("a number", ""),
    "number": Entry("a number", ""),
}


def entry_of(unit: str) -> Entry:
    """Any other unit is typed as it is, and may fall below 0: a change of complexity does."""
    return _ENTRIES.get(unit) or Entry(unit, f"{NBSP}{unit}" if unit else "", least=-1e12)
