"""Prices of models: staff look, admins set them from today or later on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import Basis, ExchangeRate, ModelCombination, PriceRule, Provider, User, VideoModel
from generations.services.months import today
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, STAFF, browsers, checked  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
PAGE = "/staff/prices/"
DAY = timedelta(days=1)


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def model(provider: Provider) -> VideoModel:
    Provider.objects.update(enabled=True)
    model = VideoModel.objects.get(provider=provider, slug="sora2-landscape-8s")
    ModelCombination.objects.filter(model=model).update(price=Decimal("0.5"), quality="hd")
    return model


@pytest.fixture
def make_rule(model: VideoModel, admin: User) -> Callable[..., PriceRule]:
    def make(days: int, amount: str | None = "0.3", **more: Any) -> PriceRule:
        columns = {"model": model, "basis": Basis.CLIP, "currency": "USD", "amount": amount and Decimal(amount)} | more
        return PriceRule.objects.create(valid_from=today() + days * DAY, added_by=admin, **columns)

    return make


def shown(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def sent(**changes: str) -> dict[str, str]:
    good = {"valid_from": str(today() + DAY), "quality": "", "basis": "second", "amount": "0.05", "currency": "USD"}
    return good | changes


def test_a_rule_is_added_changed_and_removed(boss: Client, model: VideoModel) -> None:
    page = reverse("model-prices", args=[model.pk])
    answer = boss.post(page, sent())
    assert (answer.status_code, answer["Location"]) == (303, page)
    rule = PriceRule.objects.get()
    assert "$0.05 each second" in shown(boss, page)
    assert "To come" in shown(boss, page)
    assert "From" in shown(boss, PAGE)
    boss.post(reverse("price-rule", args=[rule.pk]), sent(basis="clip", amount="0.7", quality="hd"))
    rule.refresh_from_db()
    assert (rule.basis, rule.amount, rule.quality) == ("clip", Decimal("0.7"), "hd")
    boss.post(reverse("price-rule-remove", args=[rule.pk]))
    assert "There is none" in shown(boss, page)


def test_the_page_says_what_holds_now_and_what_is_over(
    boss: Client, model: VideoModel, make_rule: Callable[..., PriceRule]
) -> None:
    for days, amount in ((-20, "0.1"), (-1, "0.2"), (5, "0.3")):
        make_rule(days, amount)
    page = shown(boss, reverse("model-prices", args=[model.pk]))
    assert [page.count(word) for word in ("Over", "Holds now", "To come")] == [1, 1, 1]
    assert "<strong>$0.20</strong>" in page
    assert page.count("Change<span") == 1
    assert "<strong>$0.20</strong>" in shown(boss, PAGE)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"valid_from": ""}, "This field is required."),
        ({"valid_from": "2020-01-01"}, "What is over is not rewritten."),
        ({"amount": ""}, "Give an amount"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "1e99"}, "less than or equal to"),
        ({"amount": "0.0000001"}, "no more than 6 decimal places"),
        ({"currency": ""}, "Say what it is in"),
        ({"currency": "x" * 13}, "at most 12 characters"),
        ({"basis": "minute"}, "Select a valid choice"),
        ({"quality": "8k"}, "Select a valid choice"),
    ],
)
def test_a_bad_form_answers_with_itself(boss: Client, model: VideoModel, changes: dict[str, str], told: str) -> None:
    answer = boss.post(reverse("model-prices", args=[model.pk]), sent(**changes))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not PriceRule.objects.exists()


@pytest.mark.parametrize(("typed", "kept"), [("usd", "USD"), ("cny", "CNY"), ("pOINTS", "Points"), ("new", "new")])
def test_a_unit_is_kept_as_it_is_known_already(boss: Client, model: VideoModel, typed: str, kept: str) -> None:
    ExchangeRate.objects.create(unit="Points", rate=1, valid_from=today())
    boss.post(reverse("model-prices", args=[model.pk]), sent(currency=typed))
    assert PriceRule.objects.get().currency == kept


def test_back_to_the_list_needs_no_amount(boss: Client, model: VideoModel) -> None:
    page = reverse("model-prices", args=[model.pk])
    boss.post(page, sent(basis="list", amount="", currency=""))
    assert "As listed again" in shown(boss, page)


def test_one_that_has_begun_is_only_shown(boss: Client, model: VideoModel, make_rule: Callable[..., PriceRule]) -> None:
    rule = make_rule(0)
    page = reverse("price-rule", args=[rule.pk])
    assert "This rule has begun." in shown(boss, page)
    assert boss.post(page, sent()).status_code == 422
    answer = boss.post(reverse("price-rule-remove", args=[rule.pk]))
    assert answer.status_code == 422
    assert "has begun" in answer.content.decode()
    assert PriceRule.objects.get().amount == Decimal("0.3")


def test_a_price_without_a_currency_says_what_it_counts_as(boss: Client, model: VideoModel) -> None:
    VideoModel.objects.update(currency="")
    assert "counts as USD" in shown(boss, PAGE)
    assert "name no currency" in shown(boss, reverse("model-prices", args=[model.pk]))


def test_the_button_says_the_price_of_the_rule(
    mara: Client, model: VideoModel, make_rule: Callable[..., PriceRule]
) -> None:
    make_rule(0, "0.37")
    page = shown(mara, f"/?provider={model.provider_id}&model={model.slug}")
    assert "$0.37" in page


def test_the_list_takes_as_many_queries_for_many_models(
    boss: Client, model: VideoModel, make_rule: Callable[..., PriceRule]
) -> None:
    boss.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            boss.get(PAGE)
        counts.append(len(seen))
        for number in range(3):
            other = VideoModel.objects.create(provider=model.provider, slug=f"m{number}{len(counts)}", name="M")
            make_rule(1, model=other)
    assert counts[0] == counts[1]


def test_who_may(browsers: dict[str, Client], model: VideoModel, make_rule: Callable[..., PriceRule]) -> None:  # noqa: F811
    page = reverse("model-prices", args=[model.pk])
    for role in ROLES:
        rule = make_rule(3)
        checked(browsers[role].get(page), STAFF[role], "model-prices", role)
        checked(browsers[role].post(page, {}), 422 if role == "admin" else ADMINS_ONLY[role], "post model-prices", role)
        one, remove = reverse("price-rule", args=[rule.pk]), reverse("price-rule-remove", args=[rule.pk])
        checked(browsers[role].get(one), ADMINS_ONLY[role], "price-rule", role)
        checked(browsers[role].post(one, {}), 422 if role == "admin" else ADMINS_ONLY[role], "post price-rule", role)
        checked(browsers[role].get(remove), ADMINS_POST[role], "price-rule-remove", role)
        checked(browsers[role].post(remove), 303 if role == "admin" else ADMINS_ONLY[role], "post remove", role)
    for name in ("model-prices", "price-rule", "price-rule-remove"):
        assert browsers["admin"].post(reverse(name, args=[999_999])).status_code == 404
