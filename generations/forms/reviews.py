"""What a reviewer says of a clip."""

from __future__ import annotations

from typing import Any

from django import forms

from generations.forms.approvals import NotedForm
from generations.forms.moments import moment_in
from generations.models import Verdict
from generations.services.reviews import Said

TAKE_BACK = "none"


class ReviewForm(NotedForm):
    """One of three, or none any more; `seen` is the latest review that was on the page."""

    chosen, needing = "verdict", frozenset({Verdict.CHANGES, Verdict.REJECTED})

    verdict = forms.ChoiceField(choices=[*Verdict.choices, (TAKE_BACK, TAKE_BACK)])
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        try:
            cleaned["at"] = moment_in(self.data)  # type: ignore[arg-type]
        except forms.ValidationError as error:
            self.add_error("note", error)
        return cleaned

    @property
    def said(self) -> Said:
        """As the service takes it. Without a note nothing is pinned."""
        chosen, note = self.cleaned_data["verdict"], self.cleaned_data["note"]
        verdict = None if chosen == TAKE_BACK else Verdict(chosen)
        return Said(verdict, note, self.cleaned_data["at"] if note else None)

    @property
    def problem(self) -> str:
        """All that is wrong with it, as one text."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)

    @property
    def typed(self) -> str:
        """The note as it was sent."""
        return str(self.data.get("note", ""))
