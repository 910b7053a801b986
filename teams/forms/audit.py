from typing import Any

from django import forms

from teams.queries.audit import AuditFilter


class AuditFilterForm(forms.Form):
    """Of the query string. What can't be read is named, and left out of the question."""

    who = forms.CharField(label="Who", max_length=254, required=False)
    action = forms.CharField(label="Action", max_length=64, required=False)
    about = forms.CharField(label="On what", max_length=254, required=False)
    from_on = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    to_on = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    q = forms.CharField(label="Any text", max_length=254, required=False)
    after = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def __init__(self, data: Any, actions: list[str]) -> None:
        super().__init__(data)
        self.actions = actions
        self.fields["action"].widget.attrs["list"] = "audit-actions"

    @property
    def wanted(self) -> AuditFilter:
        self.is_valid()
        kept = self.cleaned_data
        words = {name: kept.get(name, "") for name in ("who", "action", "about")}
        return AuditFilter(**words, from_on=kept.get("from_on"), to_on=kept.get("to_on"), text=kept.get("q", ""))

    @property
    def asked(self) -> dict[str, str]:
        """The filters that were set, as the audit of a download keeps them."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value and name != "after"}
