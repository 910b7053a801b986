"""Forms of the connections to GitHub and of repositories."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from events.models import Repository

_TOKEN = re.compile(r"[!-~]{20,500}")
MOST_LINES, LONGEST_LABEL, LONGEST_PATH = 50, 100, 200
_SECRET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def _token_field(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=500, help_text=help_text,
        widget=forms.PasswordInput(attrs=_SECRET, render_value=False),
    )  # fmt: skip


class _TokenForm(forms.Form):
    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if token and not _TOKEN.fullmatch(token):
            raise ValidationError("This doesn't look like a token. It begins with “github_pat_” or “ghp_”.")
        return token


class WebhookForm(_TokenForm):
    account = forms.CharField(
        label="Whose repositories", max_length=100, required=False,
        help_text="The owner on GitHub, such as acme. Only for you to tell connections apart.",
        widget=forms.TextInput(attrs=_SECRET),
    )  # fmt: skip
    token = _token_field(
        "Token (optional)",
        "A fine-grained token that reads contents, pull requests, issues and checks. Without one, history, changed"
        " lines and the origin of defects stay unknown.",
    )


class TokenForm(_TokenForm):
    token = _token_field("New token", "Leave it empty to work without one: then only what webhooks tell is known.")


class DisconnectForm(forms.Form):
    data = forms.ChoiceField(  # type: ignore[assignment]  # a field takes the place of what a form was given
        label="What is known of its repositories",
        choices=[("keep", "Keep it"), ("erase", "Erase it, for good")],
        widget=forms.RadioSelect,
    )


class OptionsForm(forms.Form):
    takes_new = forms.BooleanField(label="Follow new repositories by themselves", required=False)
    stores_titles = forms.BooleanField(label="Keep titles of pull requests and issues", required=False)


class LinesField(forms.CharField):
    """One entry a line."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        self.longest = longest
        super().__init__(required=False, max_length=MOST_LINES * (longest + 2),
                         widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **options)  # fmt: skip

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > MOST_LINES:
            raise ValidationError(f"At most {MOST_LINES} lines.")
        if any(len(line) > self.longest for line in lines):
            raise ValidationError(f"A line has at most {self.longest} characters.")
        return lines


class RepositoryForm(forms.Form):
    is_tracked = forms.BooleanField(label="Follow this repository", required=False)
    bug_labels = LinesField(
        longest=LONGEST_LABEL, label="Labels of bugs",
        help_text="One a line. Issues and pull requests that have one of them count as bugs and fixes.",
    )  # fmt: skip
    generated_paths = LinesField(
        longest=LONGEST_PATH, label="Generated files",
        help_text="One pattern a line, such as api/generated/*. Their lines don't count. Lock files are known.",
    )  # fmt: skip
    test_paths = LinesField(
        longest=LONGEST_PATH, label="Tests", help_text="One pattern a line, such as spec/*. Usual places are known.",
    )  # fmt: skip

    def __init__(self, repository: Repository, data: Any = None) -> None:
        super().__init__(data, initial={name: getattr(repository, name) for name in self.base_fields})
