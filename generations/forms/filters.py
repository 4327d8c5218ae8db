"""Filters of the lists, kept in the URL. A value that makes no sense filters nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from generations.models import Job, Provider, State, User

SHOWN = [choice for choice in State.choices if choice[0] not in (State.AWAITING_APPROVAL, State.REJECTED)]


class JobFilter(forms.Form):
    """By state, by whose, and for staff by provider."""

    whose = forms.ChoiceField(choices=[("team", "Team"), ("mine", "Mine")], required=False)
    state = forms.ChoiceField(choices=[("", "Any state"), *SHOWN], required=False)
    provider = forms.ModelChoiceField(Provider.objects.order_by("name"), required=False, empty_label="Any provider")
    author = forms.ModelChoiceField(User.objects.order_by("name", "email"), required=False, empty_label="Anyone")

    def __init__(self, query: QueryDict, user: User) -> None:
        super().__init__(query)
        self.user = user
        self.is_valid()

    def narrow(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        """The jobs that fit every filter that is set."""
        picked: dict[str, Any] = {f: self.cleaned_data[f] for f in ("state", "provider", "author") if self._set(f)}
        if self.mine:
            picked["author"] = self.user
        return jobs.filter(**picked)

    @property
    def mine(self) -> bool:
        return self.cleaned_data.get("whose") == "mine"

    @property
    def is_set(self) -> bool:
        return self.mine or any(self._set(field) for field in ("state", "provider", "author"))

    def _set(self, field: str) -> bool:
        return bool(self.cleaned_data.get(field))
