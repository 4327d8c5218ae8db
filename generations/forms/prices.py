"""A price rule, as admins set it."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.contract import PRICE_MOST
from generations.models import Basis, PriceRule, VideoModel
from generations.services.combinations import plain
from generations.services.months import today
from generations.services.price_rules import Said, qualities_of
from generations.services.rates import as_known, portal_currency
from generations.services.wording import worded


class PriceRuleForm(forms.Form):
    """From when on, for what, and how much."""

    valid_from = forms.DateField(
        label=gettext_lazy("From day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    quality = forms.ChoiceField(label=gettext_lazy("Quality"), required=False)
    basis = forms.ChoiceField(label=gettext_lazy("Price of"), choices=Basis.choices)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=0, max_value=PRICE_MOST, decimal_places=6, required=False
    )
    currency = forms.CharField(
        label=gettext_lazy("In"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("Such as USD, or the provider’s own unit. It needs an exchange rate to be counted."),
    )

    def __init__(self, model: VideoModel, data: QueryDict | None = None, rule: PriceRule | None = None) -> None:
        super().__init__(data, initial=_start(model, rule))
        known = qualities_of(model.combinations.all())
        if rule and rule.quality and rule.quality not in known:
            known.append(rule.quality)
        self.fields["quality"].choices = [("", _("Every quality")), *((of, worded(of)) for of in known)]  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        return as_known(self.cleaned_data["currency"])

    @property
    def said(self) -> Said:
        return Said(**self.cleaned_data | {"basis": Basis(self.cleaned_data["basis"])})


def _start(model: VideoModel, rule: PriceRule | None) -> dict[str, object]:
    if rule is None:
        return {"valid_from": today(), "basis": Basis.SECOND, "currency": model.currency or portal_currency()}
    amount = None if rule.amount is None else plain(rule.amount)
    return {
        "valid_from": rule.valid_from, "quality": rule.quality, "basis": rule.basis, "amount": amount,
        "currency": rule.currency,
    }  # fmt: skip
