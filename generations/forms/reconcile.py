"""What staff send about a job of unknown outcome."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from generations.wire.reading import ID_LIMIT, storable

OLD = _("This form is from an old page. Reload it.")


class SeenForm(forms.Form):
    """`number` names the submission that was on the page, so that a stale click is seen as one."""

    number = forms.IntegerField(
        min_value=0,
        max_value=32767,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), OLD),
    )

    @property
    def problem(self) -> str:
        """The first thing that is wrong, in a sentence."""
        return str(next(iter(self.errors.values()))[0]) if self.errors else ""


class AdoptForm(SeenForm):
    remote_id = forms.CharField(
        max_length=ID_LIMIT,
        error_messages={
            "required": _("Type the provider's id of the job."),
            "max_length": format_lazy(_("That is too long for an id: at most {most} characters."), most=ID_LIMIT),
            "null_characters_not_allowed": _("An id holds no such characters."),
        },
    )

    def clean_remote_id(self) -> str:
        typed: str = self.cleaned_data["remote_id"]
        if storable(typed) != typed or not typed.isprintable():
            raise forms.ValidationError(_("An id holds no such characters. Copy it from the provider's pages."))
        return typed


class AgainForm(SeenForm):
    sure = forms.BooleanField(
        error_messages={"required": _("Tick the box: it may be billed twice, and only you can decide that.")}
    )


def form_for(act: str, data: Any) -> SeenForm:
    """The form of one act."""
    return {"adopt": AdoptForm, "again": AgainForm}.get(act, SeenForm)(data)
