"""A correction of the book, and the kind of entries that are listed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Job, Kind, User
from generations.services.book import months
from generations.services.corrections import seen
from generations.services.rates import portal_currency

AMOUNT_MOST = 1_000_000_000


class CorrectionForm(forms.Form):
    """How much more, or less, and why. `after` names the book as it was when the form was made."""

    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=-AMOUNT_MOST, max_value=AMOUNT_MOST, decimal_places=6
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, help_text=gettext_lazy("It stays in the book and in the audit.")
    )

    def __init__(self, data: QueryDict | None = None, job: Job | None = None) -> None:
        super().__init__(data, initial={"after": seen(job)})
        self.fields["amount"].help_text = _("In {currency}. Below zero it takes off.").format(
            currency=portal_currency()
        )

    @property
    def said(self) -> dict[str, Any]:
        """As the service takes it."""
        return {name: self.cleaned_data[name] for name in ("amount", "reason", "after")}


class MemberCorrectionForm(CorrectionForm):
    """About no job: whose, and in which month."""

    member = forms.ModelChoiceField(User.objects.order_by("name", "email"), label=gettext_lazy("Member"))
    month = forms.ChoiceField(label=gettext_lazy("Month"))

    field_order = ["after", "member", "month", "amount", "reason"]

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["month"].choices = [(f"{of:%Y-%m}", date_format(of, _("F Y"))) for of in months()]  # type: ignore[attr-defined]

    @property
    def whose(self) -> tuple[User, date]:
        return self.cleaned_data["member"], date.fromisoformat(f"{self.cleaned_data['month']}-01")


class LedgerFilter(forms.Form):
    """By the kind of entry. One that makes no sense filters nothing."""

    kind = forms.ChoiceField(choices=[("", gettext_lazy("Every kind")), *Kind.choices], required=False)

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.is_valid()

    @property
    def picked(self) -> str:
        return str(self.cleaned_data.get("kind") or "")
