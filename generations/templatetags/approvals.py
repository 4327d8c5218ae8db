"""Approval and permissions as templates tell of them."""

from __future__ import annotations

from collections.abc import Iterator

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.picker import Bill
from generations.models import ApprovalRule, Job, Provider, Role, User, VideoModel
from generations.services.approval_rules import OF_ALL, Wish, is_open, why
from generations.services.price import money
from generations.services.rates import estimate, rate_of
from generations.services.told import joined, told
from generations.services.wording import listed
from generations.templatetags.people import ROLES

register = template.Library()

Line = tuple[str | Promise, bool]
RIGHTS: tuple[tuple[str | Promise, tuple[Role, ...]], ...] = (
    (gettext_lazy("Read the team’s jobs, clips and prompts; mark favourites"), tuple(Role)),
    (gettext_lazy("Ask for clips; cancel, trash and share their own; tag and comment"), tuple(Role)[1:]),
    (gettext_lazy("Approve, see every job’s state and money, find lost jobs again; pin prompts"), tuple(Role)[2:]),
    (
        gettext_lazy("Providers, budgets, rules, permissions, people and settings; act on everybody’s jobs"),
        tuple(Role)[3:],
    ),
)


@register.simple_tag
def approval_ahead(user: User, bill: Bill | None) -> str:
    """Why what is chosen now would wait for somebody, in the reader's words; "" when it would not.

    What the prompt says is not known yet.
    """
    if bill is None or not user.can_create:
        return ""
    total = estimate(bill.price, rate_of(bill.price.currency)) if bill.price else None
    return joined(map(told, why(Wish(user, bill.provider, bill.model, total, ""))))


@register.filter
def rule_lines(rule: ApprovalRule, currency: str) -> list[str]:
    """What a rule says, a few words for each part."""
    return list(_lines(rule, currency))


def _lines(rule: ApprovalRule, currency: str) -> Iterator[str]:
    if rule.amount is not None:
        yield _("over {amount}").format(amount=money(rule.amount, currency))
    if rule.model:
        yield _("{model} at {provider}").format(model=rule.model.name, provider=rule.model.provider.name)
    if rule.provider:
        yield _("at {provider}").format(provider=rule.provider.name)
    if rule.is_first:
        yield _("first job of a new member")
    if rule.words:
        yield _("with one of these words: {words}").format(words=listed(rule.words.splitlines()))
    if is_open(rule):
        yield told(OF_ALL)


@register.filter
def asked_id(job: Job) -> str:
    """The id of its panel on the page of waiting jobs."""
    return f"ask-{job.key}"


@register.filter
def who_may(row: Provider | VideoModel) -> str:
    """Who may use it, in the reader's words."""
    if not row.is_limited:
        return _("Everyone")
    return listed([*row.groups.all(), *row.people.all()]) or _("Admins only")


@register.simple_tag
def rights() -> list[tuple[str | Promise, list[Line]]]:
    """What each role may do: a sentence, and for each role whether it may."""
    return [(said, [(ROLES[role], role in roles) for role in Role]) for said, roles in RIGHTS]


@register.simple_tag
def role_names() -> list[str | Promise]:
    return list(ROLES.values())
