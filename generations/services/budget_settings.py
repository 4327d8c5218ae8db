"""Budgets, groups and exchange rates as admins set them: the only writer of these, and each change is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Budget, ExchangeRate, Group, LedgerEntry, User
from generations.services.audit import Change, note
from generations.services.combinations import plain
from generations.services.not_saved import NotSaved
from generations.services.portal import choose, held
from generations.services.price import rate_in_words
from generations.services.ties import what_hangs_on


@transaction.atomic
def add_budget(whose: Mapping[str, int], amount: Decimal, is_hard: bool, actor: User) -> Budget:
    """`whose` is {} for everyone, {"group_id": n} or {"member_id": n}."""
    try:
        with transaction.atomic():
            budget = Budget.objects.create(**whose, amount=amount, is_hard=is_hard)
    except IntegrityError:
        raise NotSaved(_("There is such a budget already. Change that one instead."), "whose") from None
    changes = {"amount": (None, plain(amount)), "is_hard": (None, is_hard)}
    note(actor, gettext_noop("budget added"), str(budget), changes)
    return budget


@transaction.atomic
def change_budget(budget: Budget, amount: Decimal, is_hard: bool, actor: User) -> None:
    row = Budget.objects.select_for_update().get(pk=budget.pk)
    changes = {"amount": (plain(row.amount), plain(amount)), "is_hard": (row.is_hard, is_hard)}
    Budget.objects.filter(pk=row.pk).update(amount=amount, is_hard=is_hard)
    _note_changed(actor, gettext_noop("budget changed"), str(row), changes)


@transaction.atomic
def remove_budget(budget: Budget, actor: User) -> None:
    changes = {"amount": (plain(budget.amount), None), "is_hard": (budget.is_hard, None)}
    note(actor, gettext_noop("budget removed"), str(budget), changes)
    budget.delete()


@transaction.atomic
def save_group(group: Group, name: str, members: Iterable[User], actor: User) -> Group:
    """Name a new or known group, and say who is in it."""
    is_new = group.pk is None
    row = group if is_new else Group.objects.select_for_update().get(pk=group.pk)
    before = (None, None) if is_new else (row.name, _names(row.members.all()))
    if Group.objects.filter(name__iexact=name).exclude(pk=row.pk).exists():
        raise NotSaved(_("A group has this name. Choose another."), "name")
    row.name = name
    row.save()
    row.members.set(members)
    changes = {"name": (before[0], name), "members": (before[1], _names(row.members.all()))}
    _note_changed(actor, gettext_noop("group added") if is_new else gettext_noop("group changed"), name, changes)
    return row


@transaction.atomic
def remove_group(group: Group, actor: User) -> None:
    """Its members stay who they are. One that a budget, a rule or a permission is for is kept."""
    row = Group.objects.select_for_update().get(pk=group.pk)
    if problem := what_hangs_on(row):
        raise NotSaved(problem)
    note(actor, gettext_noop("group removed"), row.name, {"members": (_names(row.members.all()), None)})
    row.delete()


@transaction.atomic
def set_rate(unit: str, rate: Decimal, valid_from: date, actor: User) -> None:
    """From that day on; one of the same unit and day is replaced. Jobs keep the rate they were asked for at."""
    find = ExchangeRate.objects.select_for_update()
    row, is_new = find.get_or_create(unit=unit, valid_from=valid_from, defaults={"rate": rate})
    changes = {"rate": (None if is_new else rate_in_words(row.rate), rate_in_words(rate))}
    ExchangeRate.objects.filter(pk=row.pk).update(rate=rate)
    subject = f"{unit} {valid_from}"
    _note_changed(actor, gettext_noop("exchange rate set"), subject, changes)


@transaction.atomic
def remove_rate(rate: ExchangeRate, actor: User) -> None:
    changes = {"rate": (rate_in_words(rate.rate), None)}
    note(actor, gettext_noop("exchange rate removed"), f"{rate.unit} {rate.valid_from}", changes)
    rate.delete()


@transaction.atomic
def set_currency(currency: str, actor: User) -> bool:
    """Tell budgets and usage in this one; False when it was so already. Never where it would mix two."""
    now = held()
    if currency == now.currency:
        return False
    if LedgerEntry.objects.exclude(reserved=0, held=0, spent=0).exists():
        said = _("Amounts in {now} are in the books already. Another currency would mix the two, so it stays {now}.")
        raise NotSaved(said.format(now=now.currency), "currency")
    if ExchangeRate.objects.exists():
        said = _("The exchange rates say what units are worth in {now}. Remove them first, then add them anew.")
        raise NotSaved(said.format(now=now.currency), "currency")
    return choose(actor, currency=currency)


def _note_changed(actor: User, action: str, subject: str, changes: Mapping[str, Change]) -> None:
    """Only what became another; nothing where nothing did."""
    if changed := {name: change for name, change in changes.items() if change[0] != change[1]}:
        note(actor, action, subject, changed)


def _names(people: Iterable[User]) -> list[Any]:
    return sorted(person.email for person in people)
