"""Forms of the pages about teams."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from teams.forms.selects import LongSelect
from teams.imports.csv_file import MOST_BYTES, ImportRefusedError, read
from teams.imports.github import LOGIN
from teams.imports.lines import Source
from teams.models import Team
from teams.queries.teams import Node


class ParentForm(forms.Form):
    """Which team one is put into, or none. `nodes`: those that are offered."""

    parent = forms.TypedChoiceField(label="Inside", coerce=int, empty_value=None, required=False, widget=LongSelect)

    def __init__(self, *args: Any, nodes: list[Node], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {node.team.id: node.team for node in nodes}
        inside = [(node.team.id, f"{'– ' * len(node.indent)}{node.team.name}") for node in nodes]
        self.fields["parent"].choices = [("", "No team: at the top"), *inside]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Team | None:
        return self.teams.get(self.cleaned_data["parent"])


class NewTeamForm(ParentForm):
    field_order = ("name", "parent")
    name = forms.CharField(label="Name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class RenameTeamForm(forms.Form):
    name = forms.CharField(label="Name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    slug = forms.CharField(
        label="Address",
        max_length=63,
        help_text="Last part of the address of the team's page. Links to the old address stop working.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug != slugify(slug):
            raise ValidationError("Use letters from a to z, digits, hyphens and underscores only.")
        return slug


class CsvForm(forms.Form):
    """A file of teams and people. `source` is what it says, once the form is valid."""

    file = forms.FileField(
        label="CSV file",
        help_text="At most 5,000 lines and 2 MB. Nothing changes before you have seen what would.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={"empty": "The file is empty.", "required": "Choose a file."},
    )
    source: Source

    def clean_file(self) -> None:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MOST_BYTES:
            raise ValidationError("The file is larger than 2 MB. Split it, and import the parts one after the other.")
        try:
            self.source = read(uploaded.read(), uploaded.name or "")
        except ImportRefusedError as error:
            raise ValidationError(str(error)) from None


class GithubForm(forms.Form):
    login = forms.RegexField(
        regex=rf"\A{LOGIN}\Z",
        label="GitHub organization",
        help_text="Its login, as in the address of its page.",
        error_messages={"invalid": "This is no login of GitHub: letters, digits and single hyphens."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    token = forms.CharField(
        label="Token",
        max_length=255,
        help_text="Fine-grained with the organization permission “Members: read”, or classic with read:org. "
        "It is used once, for this import, and kept nowhere.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValidationError("This is no token of GitHub: it has signs that none has.")
        return token
