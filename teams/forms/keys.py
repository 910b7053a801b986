"""Forms of the pages about keys."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from teams.keys import Scope
from teams.models import Contributor, KeyKind, Organization
from teams.permissions import Permission
from teams.queries.keys import people_called

MOST_DAYS = 3650
NAME = {"autocomplete": "off", "spellcheck": "false"}


class NewKeyForm(forms.Form):
    """`own`: the person who makes it, None where they are nobody in the data. `is_own_only`: it is always theirs."""

    # Names this very form: however often it is sent, it makes one key.
    once = forms.RegexField(regex=r"[0-9a-f]{32}", widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="What it is for",
        choices=[
            (KeyKind.INGEST, "Ingest key: tools send events with it; it can't read"),
            (KeyKind.API, "API token: scripts read numbers with it; it can't send"),
        ],
        initial=KeyKind.INGEST,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="Where it is used, such as “build server”.",
        widget=forms.TextInput(attrs=NAME),
    )
    whose = forms.ChoiceField(
        label="Whose it is",
        choices=[
            ("organization", "The organization's: who did it is told by what is sent"),
            ("person", "A person's: what is sent with it is theirs"),
        ],
        initial="organization",
        widget=forms.RadioSelect,
    )
    person = forms.CharField(
        label="Person",
        max_length=320,
        required=False,
        help_text="E-mail address or GitHub login. Only where it is a person's.",
        widget=forms.TextInput(attrs={**NAME, "autocapitalize": "none"}),
    )
    scopes = forms.TypedMultipleChoiceField(
        label="What it may read",
        coerce=Scope,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Only for an API token.",
    )
    lifetime = forms.ChoiceField(
        label="Ends",
        choices=[
            ("", "Never"),
            ("30", "In 30 days"),
            ("90", "In 90 days"),
            ("365", "In a year"),
            ("date", "On a date"),
        ],
        required=False,
    )
    last_on = forms.DateField(
        label="Last day",
        required=False,
        help_text="Only where it ends on a date. It works until that day is over.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        own: Contributor | None,
        is_own_only: bool,
        permissions: Collection[Permission],
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organization, self.own, self.is_own_only, self.now = organization, own, is_own_only, now
        offered = [(str(scope), scope.label) for scope in Scope if scope.needs in permissions]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]
        if is_own_only:
            del self.fields["whose"], self.fields["person"]
        if not offered:
            # A token that may read nothing is of no use.
            del self.fields["scopes"]
            self.fields["kind"].choices = self.fields["kind"].choices[:1]  # type: ignore[attr-defined]
        self.contributor: Contributor | None = own if is_own_only else None
        self.expires_at: datetime | None = None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.is_own_only and self.own is None:
            raise ValidationError("Nobody in the data of this organization is you yet. Ask an admin for a key.")
        if given.get("whose") == "person":
            self._clean_person(given)
        if given.get("kind") == KeyKind.API and "scopes" not in self.errors and not given.get("scopes"):
            self.add_error("scopes", "Choose what the token may read.")
        if given.get("kind") == KeyKind.INGEST:
            given["scopes"] = []
        self._clean_lifetime(given)
        return given

    def _clean_person(self, given: dict[str, Any]) -> None:
        if "person" in self.errors:
            return
        found = people_called(self.organization, given.get("person", "").replace("\x00", ""))
        if not given.get("person"):
            self.add_error("person", "Say whose key it is, or make it the organization's.")
        elif not found:
            self.add_error("person", "Nobody here is known by this. Look the person up under People.")
        elif len(found) > 1:
            self.add_error("person", "Several people are called so. Give the e-mail address or the GitHub login.")
        elif given.get("kind") == KeyKind.API and found[0] != self.own:
            self.add_error("person", "A person's token may read what only that person may, so they make it themselves.")
        else:
            self.contributor = found[0]

    def _clean_lifetime(self, given: dict[str, Any]) -> None:
        lifetime = given.get("lifetime")
        if lifetime == "date" and "last_on" not in self.errors:
            zone = ZoneInfo(self.organization.time_zone)
            today, last_on = self.now.astimezone(zone).date(), given.get("last_on")
            if last_on is None:
                self.add_error("last_on", "Give the last day on which it works.")
            elif not today <= last_on <= today + timedelta(days=MOST_DAYS):
                self.add_error("last_on", "Give a day from today on, within the next ten years.")
            else:
                self.expires_at = _end_of(last_on, zone)
        elif lifetime and lifetime.isdecimal():
            self.expires_at = self.now + timedelta(days=int(lifetime))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


class RenameKeyForm(forms.Form):
    name = forms.CharField(label="Name", max_length=100, widget=forms.TextInput(attrs=NAME))


class RotateKeyForm(forms.Form):
    once = forms.RegexField(regex=r"[0-9a-f]{32}", widget=forms.HiddenInput)
    overlap = forms.TypedChoiceField(
        label="The old key works for",
        coerce=int,
        choices=[
            ("0", "No longer: it ends at once"),
            ("1", "One more hour"),
            ("24", "24 more hours"),
            ("168", "7 more days"),
        ],
        initial="24",
        help_text="Time to put the new key everywhere. The page of the old key says when it was used last.",
    )
