"""Budgets, groups, exchange rates and the portal's currency, as admins set them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.models import Budget, Group, User
from generations.services.combinations import plain
from generations.services.months import today
from generations.services.rates import as_known, portal_currency

AMOUNT_MOST, RATE_LEAST, RATE_MOST = 1_000_000_000, Decimal("0.000000001"), 100_000
EVERYONE, GROUP, MEMBER = "everyone", "group_id", "member_id"
Choices = list[tuple[str, Any]]


class BudgetForm(forms.Form):
    """How much a month, and what happens at the end of it."""

    amount = forms.DecimalField(label=_("Amount a month"), min_value=0, max_value=AMOUNT_MOST, decimal_places=2)
    is_hard = forms.BooleanField(
        label=_("Stop at the limit"),
        help_text=_("A job that would pass it is refused. Off, the portal only warns."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, budget: Budget | None = None) -> None:
        start = {"amount": plain(budget.amount), "is_hard": budget.is_hard} if budget else {"is_hard": True}
        super().__init__(data, initial=start)
        self.fields["amount"].help_text = gettext("In {currency}. 0 allows nothing that costs.").format(
            currency=portal_currency()
        )


class NewBudgetForm(BudgetForm):
    """And whose: of those that have none."""

    whose = forms.ChoiceField(
        label=_("Whose"),
        error_messages={"invalid_choice": _("Choose one of the list: whoever has a budget is not in it any more.")},
    )

    field_order = ["whose", "amount", "is_hard"]

    def __init__(self, data: QueryDict | None = None, whose: str = "") -> None:
        super().__init__(data)
        self.initial["whose"] = whose
        self.fields["whose"].choices = _without_budget()  # type: ignore[attr-defined]

    @property
    def target(self) -> dict[str, int]:
        """As the service takes it."""
        kind, _colon, pk = self.cleaned_data["whose"].partition(":")
        return {} if kind == EVERYONE else {kind: int(pk)}


def _without_budget() -> Choices:
    """Everyone, groups and members, as far as they have none."""
    groups: Choices = [(f"{GROUP}:{group.pk}", group.name) for group in Group.objects.filter(budgets=None)]
    people = User.objects.filter(is_active=True, budgets=None)
    members: Choices = [(f"{MEMBER}:{user.pk}", str(user)) for user in people]
    everyone: Choices = [(EVERYONE, gettext("Everyone together"))]
    taken = Budget.objects.filter(group=None, member=None).exists()
    shown = [(gettext("A group"), groups), (gettext("A member"), members)]
    return ([] if taken else everyone) + [(label, rows) for label, rows in shown if rows]


class GroupForm(forms.Form):
    """A group's name and who is in it."""

    name = forms.CharField(label=_("Name"), max_length=60)
    members = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Members"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, group: Group, data: QueryDict | None = None) -> None:
        inside = list(group.members.values_list("pk", flat=True)) if group.pk else []
        super().__init__(data, initial={"name": group.name, "members": inside})
        people = User.objects.filter(is_active=True) | User.objects.filter(pk__in=inside)
        self.fields["members"].queryset = people  # type: ignore[attr-defined]


class RateForm(forms.Form):
    """What one unit of a provider's money is worth, from a day on."""

    unit = forms.CharField(label=_("Unit"), max_length=12, help_text=_("As the model has it, such as CNY."))
    rate = forms.DecimalField(
        label=_("Is worth"), min_value=RATE_LEAST, max_value=RATE_MOST, max_digits=18, decimal_places=9
    )
    valid_from = forms.DateField(
        label=_("From day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), initial=today
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["rate"].help_text = gettext("In {currency}, for one unit.").format(currency=portal_currency())

    def clean_unit(self) -> str:
        unit = as_known(self.cleaned_data["unit"])
        if unit == portal_currency():
            raise ValidationError(gettext("That is the portal’s own currency and needs no rate. Name another unit."))
        return unit


class CurrencyForm(forms.Form):
    """The one currency in which the portal counts."""

    currency = forms.CharField(
        label=_("Currency of budgets and usage"),
        help_text=_(
            "Three capital letters, such as USD. It can be changed until something was spent or reserved;"
            " budgets keep their numbers."
        ),
        max_length=3,
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Give three capital letters, such as USD."))],
    )
