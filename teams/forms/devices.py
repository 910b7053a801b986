from django import forms

from teams.device_codes import letters_of
from teams.models import Organization


class DeviceCodeForm(forms.Form):
    """The code as the machine shows it, however it is typed."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="Eight letters, as the terminal shows them.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        letters = letters_of(self.cleaned_data["code"])
        if not letters:
            raise forms.ValidationError("That is no code: it has eight letters, such as WDJB-MJHT.")
        return letters


class DeviceDecisionForm(forms.Form):
    """Yes or no, and to which organization. `choices`: where the person may send; none: a workspace is made."""

    code = forms.CharField(max_length=40, widget=forms.HiddenInput)
    organization = forms.ChoiceField(label="What it sends goes to")

    def __init__(self, *args: object, choices: list[Organization], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments
        self.choices = {choice.slug: choice for choice in choices}
        self.fields["organization"].choices = [(one.slug, one.name) for one in choices]  # type: ignore[attr-defined]
        if len(choices) < 2:
            self.fields["organization"].required = False
            self.fields["organization"].widget = forms.HiddenInput()

    @property
    def chosen(self) -> Organization | None:
        """None where there is nothing to choose from."""
        return self.choices.get(self.cleaned_data["organization"]) or next(iter(self.choices.values()), None)
