"""Filters of the list of people, a name, and what is split off."""

from collections.abc import Sequence
from typing import Any

from django import forms

from teams.queries.people import STATES, Name


class PeopleFilter(forms.Form):
    """Of the query string. What can't be read is left out of the question."""

    q = forms.CharField(label="Search by name, address or login", max_length=200, required=False)
    state = forms.ChoiceField(label="Who", choices=[("", "Everybody"), *STATES.items()], required=False)

    @property
    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {"text": self.cleaned_data.get("q", ""), "state": self.cleaned_data.get("state", "")}


class NameForm(forms.Form):
    name = forms.CharField(label="Name", max_length=200, help_text="As it stands on pages of this organization.")


class SplitForm(forms.Form):
    """Some of a person's identities, and how the one is called who gets them."""

    identities = forms.TypedMultipleChoiceField(
        label="What belongs to somebody else",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose what belongs to somebody else.",
            "invalid_choice": "Some of these belong to somebody else by now. Nothing was changed; look again.",
        },
    )
    name = forms.CharField(label="Name of the new person", max_length=200)

    def __init__(self, names: Sequence[Name], data: Any = None) -> None:
        super().__init__(data)
        self.fields["identities"].choices = [  # type: ignore[attr-defined]
            (name.identity.id, f"{name.identity.get_kind_display()}: {name.words}") for name in names
        ]

    def clean_identities(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["identities"]
        if len(chosen) == len(self.fields["identities"].choices):  # type: ignore[attr-defined]
            raise forms.ValidationError("Choose some, not all: at least one has to stay.")
        return chosen


class PairForm(forms.Form):
    """Two people of a suggestion, and the page to go back to."""

    one = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    other = forms.IntegerField(min_value=1, max_value=2**63 - 1)
