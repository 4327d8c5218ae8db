"""Choosing a language."""

from __future__ import annotations

from django import forms
from django.conf import settings


class LanguageForm(forms.Form):
    """Where nothing is chosen, the browser's language is; then the portal shows `next` again."""

    language = forms.ChoiceField(required=False, choices=lambda: [("", ""), *settings.LANGUAGES])
    next = forms.CharField(required=False)
