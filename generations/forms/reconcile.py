"""What staff send about a job of unknown outcome."""

from __future__ import annotations

from typing import Any

from django import forms

from generations.wire.reading import ID_LIMIT, storable

OLD = "This form is from an old page. Reload it."


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
            "required": "Type the provider's id of the job.",
            "max_length": f"That is too long for an id: at most {ID_LIMIT} characters.",
            "null_characters_not_allowed": "An id holds no such characters.",
        },
    )

    def clean_remote_id(self) -> str:
        typed: str = self.cleaned_data["remote_id"]
        if storable(typed) != typed or not typed.isprintable():
            raise forms.ValidationError("An id holds no such characters. Copy it from the provider's pages.")
        return typed


class AgainForm(SeenForm):
    sure = forms.BooleanField(
        error_messages={"required": "Tick the box: it may be billed twice, and only you can decide that."}
    )


def form_for(act: str, data: Any) -> SeenForm:
    """The form of one act."""
    return {"adopt": AdoptForm, "again": AgainForm}.get(act, SeenForm)(data)
