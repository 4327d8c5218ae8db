"""Budgets, groups, rates and the portal's currency: staff look, admins set them, each change is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import AuditEntry, Budget, ExchangeRate, Group, MonthTotal, Provider, User, VideoModel
from generations.services import ledger
from generations.services.budget_settings import add_budget
from generations.services.months import this_month, today
from generations.services.not_saved import NotSaved
from generations.services.portal import chosen
from tests.pages.conftest import HTMX
from tests.pages.test_url_matrix import ADMINS_ONLY, ADMINS_POST, ROLES, browsers, checked  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
PAGE = "/staff/budgets/"


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def film(member: User) -> Group:
    group = Group.objects.create(name="Film")
    group.members.add(member)
    return group


def spend(member: User, **columns: str) -> None:
    MonthTotal.objects.create(month=this_month(), member=member, **columns)


def shown(client: Client, url: str = PAGE) -> str:
    return " ".join(client.get(url).content.decode().split())


def written() -> list[tuple[str, str, dict[str, Any]]]:
    entries = AuditEntry.objects.exclude(action="provider added").order_by("pk")
    return [(entry.action, entry.subject, entry.changes) for entry in entries]


class TestBudgets:
    @pytest.mark.parametrize("whose", ["everyone", "group", "member"])
    def test_one_is_added_changed_and_removed_and_each_is_written_down(
        self, boss: Client, admin: User, member: User, film: Group, whose: str
    ) -> None:
        value = {"everyone": "everyone", "group": f"group_id:{film.pk}", "member": f"member_id:{member.pk}"}[whose]
        name = {"everyone": "everyone", "group": "Film", "member": "Mara Lindqvist"}[whose]
        answer = boss.post(reverse("budget-add"), {"whose": value, "amount": "100", "is_hard": "on"})
        assert (answer.status_code, answer["Location"]) == (303, PAGE)
        budget = Budget.objects.get()
        assert (budget.group == film, budget.member == member) == (whose == "group", whose == "member")
        assert "$100.00 left of $100.00" in shown(boss)
        page = reverse("budget", args=[budget.pk])
        boss.post(page, {"amount": "12.50"})
        boss.post(page, {"amount": "12.50"})  # nothing changes: nothing is written
        assert "Only warns" in shown(boss)
        boss.post(reverse("budget-remove", args=[budget.pk]))
        assert not Budget.objects.exists()
        assert written() == [
            ("budget added", name, {"amount": [None, "100.00"], "is_hard": [None, True]}),
            ("budget changed", name, {"amount": ["100.00", "12.50"], "is_hard": [True, False]}),
            ("budget removed", name, {"amount": ["12.50", None], "is_hard": [False, None]}),
        ]
        assert {entry.actor for entry in AuditEntry.objects.all()} == {admin}

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"amount": ""}, "This field is required."),
            ({"amount": "ten"}, "Enter a number."),
            ({"amount": "-1"}, "greater than or equal to 0"),
            ({"amount": "1.005"}, "no more than 2 decimal places"),
            ({"amount": "1e30"}, "less than or equal to"),
            ({"amount": "NaN"}, "Enter a number."),
            ({"whose": ""}, "This field is required."),
            ({"whose": "member_id:999"}, "Choose one of the list"),
            ({"whose": "group_id__in:1"}, "Choose one of the list"),
        ],
    )
    def test_a_bad_form_answers_with_itself(self, boss: Client, changes: dict[str, str], told: str) -> None:
        answer = boss.post(reverse("budget-add"), {"whose": "everyone", "amount": "5"} | changes)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert (Budget.objects.count(), AuditEntry.objects.count()) == (0, 0)

    def test_a_bad_change_answers_with_itself(self, boss: Client) -> None:
        budget = Budget.objects.create(amount=5)
        answer = boss.post(reverse("budget", args=[budget.pk]), {"amount": "-5"})
        assert answer.status_code == 422
        budget.refresh_from_db()
        assert budget.amount == 5

    def test_whoever_has_one_is_not_offered_another(self, boss: Client, admin: User, film: Group) -> None:
        Budget.objects.create(amount=1)
        Budget.objects.create(group=film, amount=1)
        page = shown(boss, reverse("budget-add"))
        assert 'value="everyone"' not in page
        assert "group_id" not in page
        assert "Mara Lindqvist" in page
        assert boss.post(reverse("budget-add"), {"whose": "everyone", "amount": "5"}).status_code == 422

    def test_of_two_at_once_one_is_kept(self, admin: User) -> None:
        add_budget({}, Decimal(1), True, admin)
        with pytest.raises(NotSaved, match="Change that one instead"):
            add_budget({}, Decimal(2), True, admin)
        assert (Budget.objects.get().amount, AuditEntry.objects.count()) == (Decimal(1), 1)

    @pytest.mark.parametrize(
        ("spent", "level", "word", "share"),
        [("7.00", "meter", "Enough left", "79 %"), ("7.10", "meter amber", "Nearly used up", "80 %"),
         ("9.10", "meter over", "Used up", "100 %"), ("9.20", "meter over", "Passed", "101 %")],
    )  # fmt: skip
    def test_the_bar_says_how_near_the_end_is(
        self, boss: Client, member: User, film: Group, spent: str, level: str, word: str, share: str
    ) -> None:
        Budget.objects.create(group=film, amount=10)
        spend(member, spent=spent, reserved="0.50", held="0.40")
        page = shown(boss)
        assert f'class="{level}"' in page
        assert word in page
        assert f"{share} taken" in page
        for figure in (f"${spent}", "$0.50", "$0.40"):
            assert f"<dd>{figure}</dd>" in page

    def test_others_money_is_not_counted(self, boss: Client, member: User, stranger: User, film: Group) -> None:
        """A group counts its own people once, whatever else they belong to."""
        Group.objects.create(name="Sound").members.add(member, stranger)
        Budget.objects.create(group=film, amount=10)
        Budget.objects.create(member=stranger, amount=10)
        spend(member, spent="3")
        spend(stranger, spent="1")
        page = shown(boss)
        assert "$7.00 left of $10.00" in page
        assert "$9.00 left of $10.00" in page

    def test_a_reviewer_looks_only(self, as_user: Callable[[User], Client], reviewer: User, film: Group) -> None:
        budget = Budget.objects.create(group=film, amount=10)
        page = shown(as_user(reviewer))
        assert "$10.00 left" in page
        for name, args in (("budget-add", []), ("budget", [budget.pk]), ("group", [film.pk]), ("rate-add", [])):
            assert reverse(name, args=args) not in page

    def test_there_may_be_none(self, boss: Client) -> None:
        assert "everybody may spend what the providers allow" in shown(boss)


class TestGroups:
    def test_one_is_added_renamed_and_removed(self, boss: Client, member: User, stranger: User) -> None:
        boss.post(reverse("group-add"), {"name": "Film", "members": [member.pk]})
        group = Group.objects.get()
        page = reverse("group", args=[group.pk])
        boss.post(page, {"name": "Film crew", "members": [member.pk, stranger.pk]})
        assert {user.pk for user in group.members.all()} == {member.pk, stranger.pk}
        assert "Film crew" in shown(boss)
        boss.post(reverse("group-remove", args=[group.pk]))
        assert not Group.objects.exists()
        one, both = ["mara@example.org"], ["jonas@example.org", "mara@example.org"]
        assert written() == [
            ("group added", "Film", {"name": [None, "Film"], "members": [None, one]}),
            ("group changed", "Film crew", {"name": ["Film", "Film crew"], "members": [one, both]}),
            ("group removed", "Film crew", {"members": [both, None]}),
        ]

    def test_the_boxes_say_who_is_in_it(self, boss: Client, member: User, stranger: User, film: Group) -> None:
        User.objects.filter(pk=member.pk).update(is_active=False)
        page = boss.get(reverse("group", args=[film.pk])).context["form"]["members"]
        boxes = {str(box.choice_label): bool(box.data["selected"]) for box in page}
        assert (boxes["Mara Lindqvist"], boxes["Jonas Okafor"]) == (True, False)

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"name": ""}, "This field is required."),
            ({"name": "SOUND"}, "A group has this name. Choose another."),
            ({"name": "Film", "members": "999"}, "999 is not one of the available choices."),
            ({"name": "x" * 61}, "at most 60 characters"),
        ],
    )
    def test_a_bad_form_answers_with_itself(self, boss: Client, film: Group, sent: dict[str, str], told: str) -> None:
        Group.objects.create(name="Sound")
        for url in (reverse("group-add"), reverse("group", args=[film.pk])):
            answer = boss.post(url, sent)
            assert answer.status_code == 422
            assert told in answer.content.decode()
        assert (Group.objects.count(), AuditEntry.objects.count()) == (2, 0)

    def test_one_with_a_budget_is_kept(self, boss: Client, film: Group) -> None:
        Budget.objects.create(group=film, amount=1)
        answer = boss.post(reverse("group-remove", args=[film.pk]))
        assert answer.status_code == 422
        assert "A budget is on this group. Remove the budget first." in answer.content.decode()
        assert (Group.objects.count(), AuditEntry.objects.count()) == (1, 0)


class TestRates:
    def test_one_is_set_set_again_and_removed(self, boss: Client, provider: Provider) -> None:
        VideoModel.objects.update(currency="CNY")
        Provider.objects.update(enabled=True)
        good = {"unit": "cny", "rate": "0.14", "valid_from": "2026-11-01"}
        assert boss.post(reverse("rate-add"), good)["Location"] == PAGE
        rate = ExchangeRate.objects.get()
        assert (rate.unit, rate.rate, rate.valid_from) == ("CNY", Decimal("0.14"), date(2026, 11, 1))
        boss.post(reverse("rate-add"), good | {"rate": "0.15"})
        assert "1 CNY = 0.15 USD" in shown(boss)
        boss.post(reverse("rate-remove", args=[rate.pk]))
        assert written() == [
            ("exchange rate set", "CNY 2026-11-01", {"rate": [None, "0.14"]}),
            ("exchange rate set", "CNY 2026-11-01", {"rate": ["0.14", "0.15"]}),
            ("exchange rate removed", "CNY 2026-11-01", {"rate": ["0.15", None]}),
        ]

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"unit": ""}, "This field is required."),
            ({"unit": "usd"}, "own currency and needs no rate"),
            ({"rate": "0"}, "greater than or equal to 1E-9"),
            ({"rate": "-3"}, "greater than or equal to"),
            ({"valid_from": "yesterday"}, "Enter a valid date."),
        ],
    )
    def test_a_bad_form_answers_with_the_page(self, boss: Client, changes: dict[str, str], told: str) -> None:
        Budget.objects.create(amount=7)
        answer = boss.post(reverse("rate-add"), {"unit": "CNY", "rate": "1", "valid_from": "2026-11-01"} | changes)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert "$7.00" in answer.content.decode()
        assert (ExchangeRate.objects.count(), AuditEntry.objects.count()) == (0, 0)

    def test_units_without_a_rate_are_named(self, boss: Client, provider: Provider) -> None:
        assert "no rate" not in shown(boss)
        Provider.objects.update(enabled=True)
        VideoModel.objects.update(currency="CNY")
        VideoModel.objects.filter(pk=provider.models.order_by("pk")[0].pk).update(currency="EUR")
        assert "CNY, EUR have no rate." in shown(boss)
        ExchangeRate.objects.create(unit="CNY", rate=1, valid_from=today())
        ExchangeRate.objects.create(unit="EUR", rate=1, valid_from=date(2999, 1, 1))
        assert "EUR has no rate." in shown(boss)
        Provider.objects.update(enabled=False)
        assert "no rate." not in shown(boss)

    def test_a_unit_in_which_jobs_of_this_month_are_priced_is_named(
        self, boss: Client, make_job: Callable[..., Any]
    ) -> None:
        ledger.reserve([make_job(month=this_month(), list_price=Decimal(3), currency="points")])
        assert "points has no rate." in shown(boss)


class TestCurrency:
    def test_it_is_changed_and_written_down(self, boss: Client) -> None:
        assert boss.post(reverse("staff-currency"), {"currency": "EUR"}).status_code == 303
        assert (chosen().currency, chosen().shares_outside) == ("EUR", True)
        Budget.objects.create(amount=3)
        assert "€3.00 left" in shown(boss)
        boss.post(reverse("staff-currency"), {"currency": "EUR"})
        assert written() == [("portal settings changed", "Portal", {"currency": ["USD", "EUR"]})]

    @pytest.mark.parametrize("typed", ["", "eur", "EURO", "E1R", "ÄÖÜ"])
    def test_three_capital_letters(self, boss: Client, typed: str) -> None:
        assert boss.post(reverse("staff-currency"), {"currency": typed}).status_code == 422
        assert chosen().currency == "USD"

    def test_it_stays_once_the_books_have_amounts(self, boss: Client, admin: User, member: User) -> None:
        ledger.correct(member, Decimal("0.05"), "bill", admin, month=this_month())
        answer = boss.post(reverse("staff-currency"), {"currency": "EUR"})
        assert answer.status_code == 422
        assert "Another currency would mix the two, so it stays USD." in answer.content.decode()
        assert (chosen().currency, AuditEntry.objects.count()) == ("USD", 0)
        assert boss.post(reverse("staff-currency"), {"currency": "USD"}).status_code == 303

    def test_entries_that_cost_nothing_hinder_nothing(self, boss: Client, make_job: Callable[..., Any]) -> None:
        ledger.reserve([make_job(month=this_month())])
        assert boss.post(reverse("staff-currency"), {"currency": "EUR"}).status_code == 303

    def test_rates_in_the_old_one_are_not_taken_for_the_new(self, boss: Client) -> None:
        ExchangeRate.objects.create(unit="CNY", rate=1, valid_from=today())
        answer = boss.post(reverse("staff-currency"), {"currency": "EUR"})
        assert answer.status_code == 422
        assert "Remove them first" in answer.content.decode()


@pytest.mark.usefixtures("provider")
class TestCreate:
    def test_it_says_what_the_tightest_budget_leaves(self, mara: Client, member: User, film: Group) -> None:
        Budget.objects.create(amount=500)
        Budget.objects.create(group=film, amount=100)
        Budget.objects.create(member=member, amount=400)
        spend(member, spent="87.60")
        assert "Nearly used up: $12.40 of $100.00 left this month." in shown(mara, "/").replace("</svg>", "")
        options = mara.get(reverse("compose-options"), headers=HTMX).content.decode()
        assert "$12.40 of $100.00 left this month." in options

    @pytest.mark.parametrize(("spent", "level"), [("0", '"'), ("8", " amber"), ("11", " over")])
    def test_it_is_marked_by_how_near_the_end_is(self, mara: Client, member: User, spent: str, level: str) -> None:
        Budget.objects.create(member=member, amount=10)
        spend(member, spent=spent)
        assert f'class="budget-left{level}' in shown(mara, "/")

    def test_nothing_without_a_budget(self, mara: Client, stranger: User) -> None:
        Budget.objects.create(member=stranger, amount=1)
        assert "budget-left" not in shown(mara, "/")

    def test_it_takes_three_queries_more(
        self, mara: Client, member: User, film: Group, django_assert_max_num_queries: Any
    ) -> None:
        mara.get("/")
        with django_assert_max_num_queries(99) as before:
            mara.get("/")
        for whose in ({}, {"group": film}, {"group": Group.objects.create(name="B")}, {"member": member}):
            Budget.objects.create(amount=10, **whose)
        Group.objects.get(name="B").members.add(member)
        with django_assert_max_num_queries(len(before) + 2):  # one was there: is there any?
            assert "budget-left" in mara.get("/").content.decode()


def test_who_may(browsers: dict[str, Client], film: Group) -> None:  # noqa: F811
    for role in ROLES:
        budget, rate = (
            Budget.objects.create(amount=1),
            ExchangeRate.objects.create(unit="X", rate=1, valid_from=today()),
        )
        acts = {"budget-remove": budget.pk, "rate-remove": rate.pk, "group-remove": Group.objects.create(name=role).pk}
        for name, pk in (("budget", budget.pk), ("group", film.pk)):
            page = reverse(name, args=[pk])
            checked(browsers[role].get(page), ADMINS_ONLY[role], name, role)
            checked(browsers[role].post(page, {}), 422 if role == "admin" else ADMINS_ONLY[role], name, role)
        for name in ("budget-add", "group-add", "rate-add", "staff-currency"):
            sent = browsers[role].post(reverse(name), {})
            checked(sent, 422 if role == "admin" else ADMINS_ONLY[role], f"post {name}", role)
        for name, pk in acts.items():
            url = reverse(name, args=[pk])
            checked(browsers[role].get(url), ADMINS_POST[role], name, role)
            checked(browsers[role].post(url), 303 if role == "admin" else ADMINS_ONLY[role], f"post {name}", role)
            assert browsers["admin"].post(reverse(name, args=[999_999])).status_code == 404
        Budget.objects.all().delete()
        ExchangeRate.objects.all().delete()


def test_the_rail_leads_staff_there(
    boss: Client, mara: Client, as_user: Callable[[User], Client], viewer: User
) -> None:
    assert boss.get("/").content.decode().count(f'href="{PAGE}"') == 2
    for other in (mara, as_user(viewer)):
        assert PAGE not in other.get("/").content.decode()
