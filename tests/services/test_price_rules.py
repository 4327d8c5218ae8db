"""Price rules: the one that holds when a job is asked for prices it for good; what has begun is never rewritten."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from generations.contract import PRICE_MOST, Combination
from generations.forms.budgets import RATE_MOST
from generations.models import (
    AuditEntry,
    Basis,
    ExchangeRate,
    ModelCombination,
    MonthTotal,
    PriceRule,
    Provider,
    User,
    VideoModel,
)
from generations.services.compose import Ask, compose
from generations.services.months import today
from generations.services.not_saved import NotSaved
from generations.services.price_rules import Said, add_rule, change_rule, in_force, priced, remove_rule
from generations.services.rates import units_without_rate
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
SLUG = "sora2-landscape-8s"
DAY = timedelta(days=1)


@pytest.fixture
def model(provider: Provider) -> VideoModel:
    Provider.objects.update(enabled=True)
    model = VideoModel.objects.get(provider=provider, slug=SLUG)
    VideoModel.objects.filter(pk=model.pk).update(currency="USD")
    ModelCombination.objects.filter(model=model).update(price=Decimal("0.5"), quality="hd")
    return model


def said(amount: str | None = "0.1", day: date | None = None, **more: Any) -> Said:
    usual = {"basis": Basis.SECOND, "currency": "USD", "amount": None if amount is None else Decimal(amount)}
    return Said(valid_from=day or today(), **usual | more)


def past(model: VideoModel, each: str, day: date, who: User, **more: Any) -> PriceRule:
    """One that began before: no service makes it."""
    usual = {"basis": Basis.CLIP, "currency": "USD", "amount": Decimal(each)}
    return PriceRule.objects.create(model=model, valid_from=day, added_by=who, **usual | more)


def asked(member: User, provider: Provider) -> Any:
    return compose(member, Ask("A fox", provider.pk, SLUG, uuid4().hex)).job


def test_without_a_rule_the_list_holds(model: VideoModel, member: User, provider: Provider) -> None:
    job = asked(member, provider)
    assert (job.list_price, job.currency, job.estimate) == (Decimal("0.5"), "USD", Decimal("0.5"))


def test_a_rule_prices_what_is_asked_for_from_then_on(
    model: VideoModel, member: User, provider: Provider, admin: User
) -> None:
    before = asked(member, provider)
    add_rule(model, said("0.1"), admin)
    add_rule(model, said("9", today() + DAY), admin)
    after = asked(member, provider)
    before.refresh_from_db()
    assert (before.list_price, after.list_price, after.estimate) == (Decimal("0.5"), Decimal("0.8"), Decimal("0.8"))
    add_rule(model, said("0.2"), admin)  # of two from one day, the later one
    assert asked(member, provider).list_price == Decimal("1.6")
    after.refresh_from_db()
    assert after.list_price == Decimal("0.8")


def test_a_rule_in_another_unit_is_counted_by_its_rate(
    model: VideoModel, member: User, provider: Provider, admin: User
) -> None:
    ExchangeRate.objects.create(unit="points", rate=Decimal("0.01"), valid_from=today())
    add_rule(model, said("30", basis=Basis.CLIP, currency="points"), admin)
    job = asked(member, provider)
    assert (job.list_price, job.currency, job.rate, job.estimate) == (30, "points", Decimal("0.01"), Decimal("0.3"))


@pytest.mark.parametrize(("day", "price"), [(-1, "0.5"), (0, "1"), (9, "1"), (10, "2"), (19, "2"), (20, "0.5")])
def test_each_day_has_the_rule_that_began_last(model: VideoModel, admin: User, day: int, price: str) -> None:
    start = date(2026, 3, 1)
    past(model, "1", start, admin)
    past(model, "2", start + 10 * DAY, admin)
    past(model, "0", start + 20 * DAY, admin, basis=Basis.LIST, amount=None, currency="")
    rules = in_force(start + day * DAY, model).get(model.pk, {})
    assert priced(Combination("16:9", 8, "hd", price=Decimal("0.5")), rules).price == Decimal(price)


def test_a_rule_for_its_quality_comes_before_one_for_every_quality(model: VideoModel, admin: User) -> None:
    add_rule(model, said("1", basis=Basis.CLIP, quality="hd"), admin)
    add_rule(model, said("2", basis=Basis.CLIP), admin)
    rules = in_force(today())[model.pk]
    prices = [priced(Combination("16:9", 8, quality), rules).price for quality in ("hd", "sd", "")]
    assert prices == [1, 2, 2]


def test_a_price_of_a_second_is_times_its_seconds_to_six_places() -> None:
    rule = PriceRule(basis=Basis.SECOND, amount=Decimal("0.033333"), currency="EUR")
    found = priced(Combination("16:9", 12), {"": rule})
    assert (found.price, found.currency) == (Decimal("0.399996"), "EUR")


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        (said(day=today() - DAY), "valid_from", "What is over is not rewritten"),
        (said(None), "amount", "Give an amount"),
        (said("200000"), "amount", "A clip would cost more than 1000000."),
        (said(currency=""), "currency", "Say what it is in"),
        (said(day=today() + DAY), "valid_from", "Change that one instead"),
    ],
)
def test_what_makes_no_sense_is_refused(model: VideoModel, admin: User, wrong: Said, field: str, told: str) -> None:
    add_rule(model, said(day=today() + DAY), admin)
    with pytest.raises(NotSaved, match=told) as refused:
        add_rule(model, wrong, admin)
    assert refused.value.field == field
    assert PriceRule.objects.count() == 1


def test_what_has_begun_stays(model: VideoModel, admin: User) -> None:
    rules = [past(model, "1", today() - DAY, admin), add_rule(model, said(), admin)]
    for rule in rules:
        with pytest.raises(NotSaved, match="has begun"):
            change_rule(rule, said("7", today() + DAY), admin)
        with pytest.raises(NotSaved, match="has begun"):
            remove_rule(rule, admin)
    assert set(PriceRule.objects.values_list("amount", flat=True)) == {Decimal("0.1"), Decimal(1)}


def test_one_to_come_is_changed_and_removed_and_each_is_written_down(model: VideoModel, admin: User) -> None:
    rule = add_rule(model, said("0.1", today() + DAY), admin)
    change_rule(rule, said("0.2", today() + DAY), admin)
    change_rule(rule, said("0.2", today() + DAY), admin)  # nothing changes: nothing is written
    remove_rule(rule, admin)
    with pytest.raises(NotSaved, match="meanwhile"):
        remove_rule(rule, admin)
    entries = AuditEntry.objects.exclude(action="provider added").order_by("pk")
    assert [(entry.action, entry.changes.get("amount")) for entry in entries] == [
        ("price rule added", [None, "0.10"]), ("price rule changed", ["0.10", "0.20"]),
        ("price rule removed", ["0.20", None]),
    ]  # fmt: skip
    assert {(entry.subject, entry.actor) for entry in entries} == {(f"UniAll studio: {model.name}", admin)}


def test_a_unit_is_the_same_in_whatever_case(model: VideoModel, member: User, provider: Provider, admin: User) -> None:
    ExchangeRate.objects.create(unit="Points", rate=Decimal("0.01"), valid_from=today())
    for unit, worth in (("usd", "5"), ("POINTS", "0.05")):
        add_rule(model, said("5", basis=Basis.CLIP, currency=unit), admin)
        assert asked(member, provider).estimate == Decimal(worth)
    assert units_without_rate() == []


def test_the_dearest_clip_at_the_highest_rate_is_reserved(
    model: VideoModel, member: User, provider: Provider, admin: User
) -> None:
    ExchangeRate.objects.create(unit="EUR", rate=RATE_MOST, valid_from=today())
    add_rule(model, said(str(PRICE_MOST), basis=Basis.CLIP, currency="EUR"), admin)
    job = asked(member, provider)
    assert job.estimate == MonthTotal.objects.get().reserved == PRICE_MOST * RATE_MOST


@pytest.mark.parametrize(("days", "missing"), [(0, ["EUR"]), (3, ["EUR", "GBP"])])
def test_a_rule_in_a_unit_without_a_rate_is_named_before_its_first_job(
    model: VideoModel, admin: User, days: int, missing: list[str]
) -> None:
    past(model, "1", today() - DAY, admin, currency="CHF")
    add_rule(model, said("1", currency="EUR"), admin)
    add_rule(model, said("1", today() + days * DAY, currency="GBP" if days else "EUR"), admin)
    assert units_without_rate() == missing
    VideoModel.objects.update(enabled=False)
    assert units_without_rate() == []
