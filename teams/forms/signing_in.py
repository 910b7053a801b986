from django import forms


class LinkForm(forms.Form):
    """Asks for a sign-in link by mail."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
