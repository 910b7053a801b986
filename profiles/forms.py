"""What a person chooses for their profile, each concern a small form that saves by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from profiles import actions, handles
from profiles.figures import MOST_PINNED, audience_of, repositories_to_pin
from profiles.links import LONGEST_ADDRESS, LONGEST_LABEL, MOST_LINKS, link
from profiles.models import LONGEST_BIO, LONGEST_HANDLE, Audience, Profile, Section
from teams.models import Membership
from teams.queries import memberships_of

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PLAIN_TEXT: Final = {"autocapitalize": "none", "spellcheck": "false"}


class ProfileForm(forms.Form):
    """`is_bound` only if it is the one that was sent."""

    title = ""
    lede = ""

    def __init__(self, profile: Profile, now: datetime, data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_{self.key()}_%s")
        self.profile, self.now = profile, now
        self.prepare()

    @classmethod
    def key(cls) -> str:
        """By which the page and the address tell the forms apart."""
        return cls.__name__.removesuffix("Form").lower()

    @property
    def template(self) -> str:
        return f"profiles/edit/_{self.key()}.html"

    def prepare(self) -> None:
        """Sets choices and what is chosen now."""

    def write(self) -> bool:
        """Whether anything changed. :raises ValidationError: what the action refuses."""
        raise NotImplementedError

    def save(self) -> bool:
        """False if something is wrong, which the form then says."""
        if not self.is_valid():
            return False
        try:
            self.write()
        except (ValidationError, handles.HandleTakenError) as error:
            self.add_error(None, error if isinstance(error, ValidationError) else str(error))
        return not self.errors


class HandleForm(ProfileForm):
    title = "Address"
    lede = "Where your profile is found. Whoever follows a former address is sent on, and nobody else can take it."
    handle = forms.CharField(label="Handle", max_length=LONGEST_HANDLE, widget=forms.TextInput(attrs=_PLAIN_TEXT))

    def prepare(self) -> None:
        self.initial = {"handle": self.profile.handle}

    def clean_handle(self) -> str:
        handle: str = self.cleaned_data["handle"].strip().lower()
        if handle == self.profile.handle:
            return handle
        handles.validate_handle(handle)
        if not handles.is_free(handle, of=self.profile):
            raise ValidationError(f"This handle is taken. “{handles.suggest(handle)}” is free.")
        return handle

    def write(self) -> bool:
        return actions.rename(profile=self.profile, handle=self.cleaned_data["handle"], now=self.now)


class AboutForm(ProfileForm):
    title, lede = "About you", "Plain text, in your own words. Left empty, the name is that of your account."
    name = forms.CharField(label="Name", max_length=80, required=False)
    bio = forms.CharField(
        label="Bio",
        max_length=LONGEST_BIO,
        required=False,
        help_text=f"One or two sentences, at most {LONGEST_BIO} characters.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def prepare(self) -> None:
        self.initial = {"name": self.profile.name, "bio": self.profile.bio}
        links = [*self.profile.links, *({"label": "", "url": ""} for _ in range(MOST_LINKS))]
        for number, one in enumerate(links[:MOST_LINKS], 1):
            self.fields[f"label{number}"] = forms.CharField(
                label=f"Word of link {number}", max_length=LONGEST_LABEL, required=False, initial=one["label"]
            )
            self.fields[f"url{number}"] = forms.CharField(
                label=f"Address of link {number}", max_length=LONGEST_ADDRESS, required=False, initial=one["url"],
                widget=forms.URLInput(attrs={"placeholder": "https://"} | _PLAIN_TEXT),
            )  # fmt: skip

    @property
    def links(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Word and address, for the template."""
        return [(self[f"label{number}"], self[f"url{number}"]) for number in range(1, MOST_LINKS + 1)]

    def clean(self) -> dict[str, Any]:
        for number in range(1, MOST_LINKS + 1):
            label, url = (self.cleaned_data.get(f"{part}{number}", "") for part in ("label", "url"))
            try:
                if url or label:
                    link(label, url)
            except ValidationError as error:
                self.add_error(f"url{number}", error)
        return self.cleaned_data

    def write(self) -> bool:
        given = self.cleaned_data
        told = [(given[f"label{number}"], given[f"url{number}"]) for number in range(1, MOST_LINKS + 1)]
        links = [one for one in told if one[1]]
        return actions.edit(profile=self.profile, name=given["name"], bio=given["bio"], links=links, now=self.now)


class AudiencesForm(ProfileForm):
    title = "Who sees what"
    lede = "For each part: you alone, members of organizations that you share, or everybody. It holds once published."

    def prepare(self) -> None:
        for section in Section:
            self.fields[section.value] = forms.ChoiceField(
                label=section.label,
                choices=Audience.choices,
                initial=audience_of(self.profile, section),
                widget=forms.RadioSelect,
            )

    def write(self) -> bool:
        chosen = {section: Audience(self.cleaned_data[section.value]) for section in Section}
        return actions.choose_audiences(profile=self.profile, audiences=chosen, now=self.now)


class RestForm(ProfileForm):
    title = "Days of rest"
    lede = "A streak goes on over a day of rest, and counts it only if you did something."
    days = forms.TypedMultipleChoiceField(
        label="Days that break no streak",
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def prepare(self) -> None:
        self.initial = {"days": self.profile.rest_days}

    def write(self) -> bool:
        return actions.choose_rest_days(profile=self.profile, days=self.cleaned_data["days"], now=self.now)


class PinsForm(ProfileForm):
    title = "Pinned work"
    lede = (
        "Repositories in which you have AI-assisted pull requests, in your order. With none chosen, the public ones"
        " with the most of them are shown; a private one is shown only if you choose it here, and then by its name."
    )

    def prepare(self) -> None:
        self.found = repositories_to_pin(self.profile, now=self.now)
        keys = [f"{organization.id}-{row.id}" for organization, row in self.found]
        words = [f"{row.full_name}{' (private)' if row.is_private else ''}" for _, row in self.found]
        choices = [("", "None"), *zip(keys, words, strict=True)]
        pinned = [f"{one['organization']}-{one['repository']}" for one in self.profile.pinned]
        kept = [*(key for key in pinned if key in keys), *[""] * MOST_PINNED]
        for number in range(min(MOST_PINNED, len(keys))):
            self.fields[f"pin{number}"] = forms.ChoiceField(
                label=f"Place {number + 1}", choices=choices, required=False, initial=kept[number]
            )

    def write(self) -> bool:
        chosen = [value for name, value in self.cleaned_data.items() if name.startswith("pin") and value]
        pairs = [tuple(map(int, value.split("-"))) for value in chosen]
        return actions.pin(profile=self.profile, repositories=[(one, other) for one, other in pairs], now=self.now)


class OrganizationsForm(ProfileForm):
    title = "What counts"
    lede = "Numbers are of all organizations that you are a member of, unless you leave one out."
    counted = forms.TypedMultipleChoiceField(
        label="Organizations that count", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        self.mine: Sequence[Membership] = memberships_of(self.profile.user)
        field = self.fields["counted"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(one.organization_id, _in_words(one)) for one in self.mine]
        counted = [one.organization_id for one in self.mine if one.organization_id not in self.profile.left_out]
        self.initial = {"counted": counted}

    def write(self) -> bool:
        """Those left out that the person is no member of any more stay left out, should they come back."""
        mine = {one.organization_id for one in self.mine}
        left = (mine - set(self.cleaned_data["counted"])) | (set(self.profile.left_out) - mine)
        return actions.leave_out(profile=self.profile, organizations=left, now=self.now)


def _in_words(one: Membership) -> str:
    name = one.organization.name
    return name if one.organization.allows_publication else f"{name} (forbids publication: counts for you alone)"


FORMS: Final[Sequence[type[ProfileForm]]] = (
    HandleForm,
    AboutForm,
    AudiencesForm,
    OrganizationsForm,
    PinsForm,
    RestForm,
)
