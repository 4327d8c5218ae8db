"""Filters of the lists, kept in the URL. A value that makes no sense filters nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from generations.models import Provider, State, User


class JobFilter(forms.Form):
    """By state, by whose, and for staff by provider."""

    whose = forms.ChoiceField(choices=[("team", _("Team")), ("mine", _("Mine"))], required=False)
    state = forms.ChoiceField(choices=[("", _("Any state")), *State.choices], required=False)
    provider = forms.ModelChoiceField(Provider.objects.order_by("name"), required=False, empty_label=_("Any provider"))
    author = forms.ModelChoiceField(User.objects.order_by("name", "email"), required=False, empty_label=_("Anyone"))

    columns: tuple[str, ...] = ("state", "provider", "author")
    """Fields that are named like the column they are compared with."""

    def __init__(self, query: QueryDict, user: User) -> None:
        super().__init__(query)
        self.user, self.query = user, query
        self.is_valid()

    @property
    def where(self) -> Q:
        """What fits every filter that is set."""
        picked: dict[str, Any] = {field: self.cleaned_data[field] for field in self.columns if self.has(field)}
        if self.mine:
            picked["author"] = self.user
        return Q(**picked)

    @property
    def mine(self) -> bool:
        return self.cleaned_data.get("whose") == "mine"

    @property
    def is_set(self) -> bool:
        return self.mine or any(self.has(field) for field in self.columns)

    def has(self, field: str) -> bool:
        """Is this filter set, to something that makes sense?"""
        return bool(self.cleaned_data.get(field))
