"""The form of a healthy range: for whom, for which work, from where to where, in what people type."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from codecard.lib.entering import entry_of
from events.actions.ranges import TASK_TYPES, RangeRefusedError, check_range
from events.dashboards.pulls.words import task_type
from events.dashboards.ranges.words import ALL_WORK
from events.metrics._base import Metric
from teams.forms.selects import LongSelect
from teams.models import Team

EVERYBODY = "All teams"
_WORK = [("", ALL_WORK), *((name, task_type(name)) for name in TASK_TYPES)]


class RangeForm(forms.Form):
    """`teams`: those whose ranges may be set. `for_everybody`: also the organization's."""

    team = forms.ChoiceField(label="For", required=False, widget=LongSelect)
    task_type = forms.ChoiceField(label="Kind of work", required=False, choices=_WORK)
    low = forms.FloatField(required=False)
    high = forms.FloatField(required=False)

    def __init__(
        self, metric: Metric, teams: Sequence[Team], data: Any = None, *, for_everybody: bool, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.metric, self.entry = metric, entry_of(metric.unit)
        self._teams = {team.slug: team for team in teams}
        everybody = [("", EVERYBODY)] if for_everybody else []
        self.fields["team"].choices = [*everybody, *((team.slug, team.name) for team in teams)]  # type: ignore[attr-defined]
        self.fields["team"].required = not for_everybody
        for name, words in (("low", "From"), ("high", "To")):
            field = self.fields[name]
            field.label = f"{words}, in {self.entry.noun}"
            field.help_text = "Included. Empty: no limit on this side."
            field.widget.attrs = {"step": "any", "inputmode": "decimal", "min": f"{self.entry.least:.10g}"}

    @property
    def chosen(self) -> Team | None:
        """None: everybody."""
        return self._teams.get(self.cleaned_data["team"])

    def clean_low(self) -> float | None:
        return self._value("low")

    def clean_high(self) -> float | None:
        return self._value("high")

    def _value(self, name: str) -> float | None:
        typed: float | None = self.cleaned_data[name]
        if typed is None:
            return None
        value = self.entry.value(typed)
        if not self.entry.is_plausible(value):
            raise ValidationError(self.entry.limits)
        return value

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                check_range(self.metric, self.cleaned_data["low"], self.cleaned_data["high"])
            except RangeRefusedError as error:
                self.add_error("low", str(error))
        return self.cleaned_data


class WhichForm(forms.Form):
    """Which range is meant, to go back to what holds without it."""

    team = forms.SlugField(required=False, max_length=63)
    task_type = forms.SlugField(required=False, max_length=20)
