"""Settings of an organization, each group a small form that saves by itself."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer

from teams import slugs
from teams.actions.settings import FIELDS
from teams.forms.selects import LongSelect
from teams.models import CostVisibility, Organization
from teams.models.organization import HIGHEST_PRIVACY_FLOOR, LOWEST_PRIVACY_FLOOR

ZONES = [(name, name) for name in sorted(available_timezones())]
_SIGNER = Signer(salt="codecard.settings")


class NewOrganizationForm(forms.Form):
    name = forms.CharField(label="Name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    slug = forms.CharField(
        label="Address",
        max_length=slugs.LONGEST_SLUG,
        required=False,
        help_text="Stands in the address of its pages: /o/acme/. Left empty, it is made of the name.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    time_zone = forms.ChoiceField(
        label="Time zone", choices=ZONES, widget=LongSelect, help_text="When a day begins and ends."
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip().lower()
        if slug:
            slugs.validate_new_slug(slug)
        return slug

    def clean(self) -> dict[str, Any]:
        slug = self.cleaned_data.get("slug")
        if slug and not slugs.is_free(slug):
            self.say_taken()
        return self.cleaned_data

    def say_taken(self) -> None:
        free = slugs.suggest(self.cleaned_data["slug"])
        self.add_error("slug", f"This address is taken. “{free}” is free.")


class SettingsForm(forms.Form):
    """Carries the values that it was shown with, so that what somebody else changed meanwhile is not lost. They are
    signed: they stand in the audit as what was before."""

    title = ""
    lede = ""
    shown = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, organization: Organization, data: Any = None) -> None:
        values = self._values(organization)
        super().__init__(data, initial={**values, "shown": _SIGNER.sign_object(values)}, auto_id=f"id_{self.key()}_%s")
        self.organization = organization

    @classmethod
    def _values(cls, organization: Organization) -> dict[str, Any]:
        return {name: getattr(organization, name) for name in cls.base_fields if name in FIELDS}

    @classmethod
    def key(cls) -> str:
        """By which the page and the address tell the forms apart."""
        return cls.__name__.removesuffix("Form").lower()

    def clean_shown(self) -> dict[str, Any]:
        try:
            shown: dict[str, Any] = _SIGNER.unsign_object(self.cleaned_data["shown"])
        except BadSignature:
            raise ValidationError("This form can't be read. Reload the page.") from None
        return shown

    def clean(self) -> dict[str, Any]:
        if "shown" in self.errors:
            self.add_error(None, self.errors.pop("shown"))
        return self.cleaned_data

    @property
    def wanted(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in FIELDS}

    def show_anew(self, organization: Organization) -> None:
        """After a clash: what was typed stays, and is compared with what stands there now."""
        given = {name: self.data.get(name) for name in self.data}
        self.data = {**given, "shown": _SIGNER.sign_object(self._values(organization))}


class NameForm(SettingsForm):
    title, lede = "Name and address", "Members who follow an old address are sent on; nobody else can take it."
    name = forms.CharField(label="Name", max_length=150)
    slug = forms.CharField(
        label="Address",
        max_length=slugs.LONGEST_SLUG,
        help_text="Stands in the address of every page: /o/acme/.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip()
        if slug == self.organization.slug:
            return slug
        slugs.validate_new_slug(slug.lower())
        if not slugs.is_free(slug.lower(), of=self.organization):
            raise ValidationError(f"This address is taken. “{slugs.suggest(slug)}” is free.")
        return slug.lower()


class DaysForm(SettingsForm):
    title = "Time zone"
    lede = "When a day begins and ends. A change holds from now on; days that were counted stay as they are."
    time_zone = forms.ChoiceField(label="Time zone", choices=ZONES, widget=LongSelect)


class PrivacyForm(SettingsForm):
    title = "Privacy"
    lede = "No role, owners included, sees the numbers of a smaller group than this, or of one person."
    privacy_floor = forms.IntegerField(
        label="Smallest group",
        min_value=LOWEST_PRIVACY_FLOOR,
        max_value=HIGHEST_PRIVACY_FLOOR,
        help_text="People, 3 to 50. Lower it, and smaller groups become visible: every page tells every member so for "
        "30 days, and the audit keeps it.",
    )
    allows_publication = forms.BooleanField(
        label="Members may publish numbers of the work they do here on their own profile",
        required=False,
    )


class KeepingForm(SettingsForm):
    title = "How long events are kept"
    lede = "Single events go when they are older; the sums of each day stay, so that pages don't change."
    retention_days = forms.IntegerField(
        label="Days",
        min_value=1,
        max_value=36_500,
        required=False,
        help_text="Empty: they are kept. A longer time later brings nothing back.",
    )
    is_sure = forms.BooleanField(
        label="Delete what is older tonight, for good", required=False, help_text="Needed for a shorter time."
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        days, now = self.cleaned_data.get("retention_days"), self.organization.retention_days
        is_shorter = days is not None and (now is None or days < now)
        if is_shorter and not self.cleaned_data.get("is_sure"):
            self.add_error("is_sure", "Say that you want older events deleted.")
        return self.cleaned_data


class CostForm(SettingsForm):
    title, lede = "Cost", "What the use of models costs. Numbers of groups below the smallest one stay hidden."
    cost_visibility = forms.ChoiceField(label="Who sees cost", choices=CostVisibility)


class PullsForm(SettingsForm):
    title = "Pull requests"
    lede = "What is kept of them and who sees what. Every member reads on the page of data health how this is set."
    stores_titles = forms.BooleanField(
        label="Keep the titles of pull requests and issues",
        required=False,
        help_text="Off: pages name branches and numbers. Texts of messages, comments and changes are never kept.",
    )
    opens_prompts = forms.BooleanField(
        label="Show single prompts to everybody who may open a pull request",
        required=False,
        help_text="Off: when each prompt was made is shown to the one who made it, and others see how many there were.",
    )


SETTINGS_FORMS: tuple[type[SettingsForm], ...] = (NameForm, DaysForm, PrivacyForm, KeepingForm, CostForm, PullsForm)


class DeleteForm(forms.Form):
    slug = forms.CharField(
        max_length=slugs.LONGEST_SLUG,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data)
        self.organization = organization
        self.fields["slug"].label = f"Type {organization.slug} to confirm"

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip()
        if slug != self.organization.slug:
            raise ValidationError(f"This is not “{self.organization.slug}”.")
        return slug
