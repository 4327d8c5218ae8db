"""What models cost from a day on, as admins say it. What has begun is never rewritten; every change is written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import PRICE_MOST, Combination
from generations.models import Basis, PriceRule, User, VideoModel, exact
from generations.services.audit import note
from generations.services.combinations import plain
from generations.services.months import today
from generations.services.not_saved import NotSaved

OfModel = Mapping[str, PriceRule]
Rules = Mapping[int, OfModel]
TOLD = ("quality", "valid_from", "basis", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says, as a form gives it."""

    basis: Basis
    valid_from: date
    quality: str = ""
    amount: Decimal | None = None
    currency: str = ""


def in_force(day: date, model: VideoModel | None = None) -> Rules:
    """The rule of each model and quality on that day; for one model, or all. In one query."""
    rows = PriceRule.objects.begun(day).order_by("valid_from", "pk")
    found: dict[int, dict[str, PriceRule]] = defaultdict(dict)
    for rule in rows if model is None else rows.filter(model=model):
        found[rule.model_id][rule.quality] = rule
    return dict(found)


def rule_for(combination: Combination, rules: OfModel) -> PriceRule | None:
    """The one for its quality, else the one for every quality; None where its list price holds."""
    rule = rules.get(combination.quality) or rules.get("")
    return None if rule is None or rule.basis == Basis.LIST else rule


def priced(combination: Combination, rules: OfModel) -> Combination:
    """The combination at the price that holds."""
    rule = rule_for(combination, rules)
    if rule is None or rule.amount is None:
        return combination
    times = combination.seconds if rule.basis == Basis.SECOND else 1
    return replace(combination, price=exact(rule.amount * times), currency=rule.currency)


@transaction.atomic
def add_rule(model: VideoModel, said: Said, actor: User) -> PriceRule:
    """From today or a later day on. Raises NotSaved."""
    _hold(model)
    _check(model, said)
    rule = PriceRule.objects.create(model=model, added_by=actor, **_columns(said))
    note(actor, gettext_noop("price rule added"), _name(rule), {name: (None, of) for name, of in _told(rule).items()})
    return rule


@transaction.atomic
def change_rule(rule: PriceRule, said: Said, actor: User) -> None:
    """One whose first day is still to come. Raises NotSaved."""
    row = _to_come(rule)
    _check(row.model, said, row)
    before = _told(row)
    for name, value in _columns(said).items():
        setattr(row, name, value)
    row.save()
    changes = {name: (before[name], of) for name, of in _told(row).items() if before[name] != of}
    if changes:
        note(actor, gettext_noop("price rule changed"), _name(row), changes)


@transaction.atomic
def remove_rule(rule: PriceRule, actor: User) -> None:
    """One whose first day is still to come. Raises NotSaved."""
    row = _to_come(rule)
    note(actor, gettext_noop("price rule removed"), _name(row), {name: (of, None) for name, of in _told(row).items()})
    row.delete()


def may_change(rule: PriceRule) -> bool:
    return rule.valid_from > today()


def qualities_of(combinations: Iterable[Any]) -> list[str]:
    """Those a rule can be for, in the model's order."""
    return list(dict.fromkeys(one.quality for one in combinations if one.quality))


def _to_come(rule: PriceRule) -> PriceRule:
    _hold(rule.model)
    row = PriceRule.objects.select_related("model__provider").filter(pk=rule.pk).first()
    if row is None:
        raise NotSaved(_("Somebody removed this rule meanwhile."))
    if not may_change(row):
        raise NotSaved(_("This rule has begun, and jobs were priced by it. Add one from today or a later day on."))
    return row


def _hold(model: VideoModel) -> None:
    """Rules of a model are set one after the other."""
    VideoModel.objects.select_for_update(of=("self",), no_key=True).get(pk=model.pk)


def _check(model: VideoModel, said: Said, but: PriceRule | None = None) -> None:
    if said.valid_from < today():
        raise NotSaved(_("What is over is not rewritten. Give today or a later day."), "valid_from")
    if said.basis != Basis.LIST and said.amount is None:
        raise NotSaved(_("Give an amount, or choose “As listed”."), "amount")
    if said.basis != Basis.LIST and not said.currency:
        raise NotSaved(_("Say what it is in, such as USD, or the provider’s own unit."), "currency")
    if said.basis == Basis.SECOND and said.amount and said.amount * _longest(model) > PRICE_MOST:
        raise NotSaved(_("A clip would cost more than {most}.").format(most=PRICE_MOST), "amount")
    later = PriceRule.objects.to_come(today()).filter(model=model, quality=said.quality, valid_from=said.valid_from)
    if (later.exclude(pk=but.pk) if but else later).exists():
        raise NotSaved(_("There is a rule from that day on already. Change that one instead."), "valid_from")


def _longest(model: VideoModel) -> int:
    return max(model.combinations.values_list("seconds", flat=True), default=1)


def _columns(said: Said) -> dict[str, Any]:
    """A rule that goes back to the list has no amount."""
    is_list = said.basis == Basis.LIST
    money = {"amount": None if is_list else said.amount, "currency": "" if is_list else said.currency}
    return {"basis": said.basis, "quality": said.quality, "valid_from": said.valid_from, **money}


def _told(rule: PriceRule) -> dict[str, Any]:
    told = {name: getattr(rule, name) for name in TOLD}
    return told | {"basis": str(rule.basis), "amount": None if rule.amount is None else plain(rule.amount)}


def _name(rule: PriceRule) -> str:
    return f"{rule.model.provider.name}: {rule.model.name}"
