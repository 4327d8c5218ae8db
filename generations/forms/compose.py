"""The composer. What is legal is the service's word; the form only carries it to the right control."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator

from generations.contract import Offer
from generations.forms.options import Chosen, Options, options
from generations.models import User, Visibility
from generations.services.compose import PROMPT_LIMIT, Ask, NotPossible, check

TOO_OLD = "This form was not complete. Here is a fresh one with your text; nothing was sent. Send it again."


def new_token() -> str:
    """A compose key: the same one twice is the same job."""
    return uuid4().hex


class ComposeForm(forms.Form):
    """One ask. Every field may arrive empty: the rules are in `check`, and its words are shown at the control."""

    text = forms.CharField(required=False, strip=False)
    provider = forms.IntegerField(required=False, error_messages={"invalid": "Choose a provider."})
    model = forms.CharField(required=False)
    aspect_ratio = forms.CharField(required=False)
    seconds = forms.IntegerField(required=False, error_messages={"invalid": "Choose a length."})
    quality = forms.CharField(required=False)
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False, initial=Visibility.TEAM)
    compose_token = forms.CharField(
        error_messages={"required": TOO_OLD}, validators=[RegexValidator(r"\A[0-9a-f]{32}\Z", TOO_OLD)]
    )

    limit = PROMPT_LIMIT

    def __init__(self, author: User, offer: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.author, self.offer = author, offer

    @property
    def options(self) -> Options | None:
        """The controls for what is chosen in this form, or the nearest legal choice."""
        return options(self.offer, Chosen.read(self.data if self.is_bound else self.initial))

    @property
    def ask(self) -> Ask:
        data = self.cleaned_data
        return Ask(
            text=data["text"],
            provider=data["provider"] or 0,
            model=data["model"],
            compose_token=data["compose_token"],
            aspect_ratio=data["aspect_ratio"] or None,
            seconds=data["seconds"],
            quality=data["quality"] or None,
            visibility=Visibility(data["visibility"] or Visibility.TEAM),
        )

    @property
    def token(self) -> str:
        """The key to render: the one that came in, unless it was no good."""
        usable = self.is_bound and "compose_token" not in self.errors
        return str(self.data["compose_token"]) if usable else new_token()

    def clean(self) -> dict[str, Any]:
        """Ask the service whether this is possible; a field that is already in error is named first."""
        if not self.errors:
            try:
                check(self.author, self.offer, self.ask)
            except NotPossible as problem:
                self.refuse(problem)
        return self.cleaned_data

    def refuse(self, problem: NotPossible) -> None:
        """Say it at the control it names, or above the form when there is none."""
        self.add_error(problem.field if problem.field in self.fields else None, str(problem))
