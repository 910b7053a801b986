from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SELECTED = SafeString(" selected")


class LongSelect(forms.Select):
    """Hundreds of options in a millisecond; a template for each, as Django does it, takes fifty. No groups."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value) or [""])
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((number, SELECTED if str(number) in chosen else "", words) for number, words in self.choices),
        )
        given = self.build_attrs(self.attrs, attrs)
        return format_html("<select{}>{}</select>", flatatt({**given, "name": name}), options)
