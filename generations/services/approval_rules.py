"""When a job waits for a person before money is spent, and why: English, to be told in anybody's words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_noop

from generations.models import ApprovalRule, Job, RoleDefault, State, User
from generations.services.price import money
from generations.services.rates import portal_currency
from generations.services.tokens import DENSE

OF_ROLE = gettext_noop("Every job of this role needs approval.")
OF_ALL = gettext_noop("Every job needs approval.")
OF_PEOPLE = gettext_noop("Jobs of {name} need approval.")
OF_MODEL = gettext_noop("Jobs for {name} need approval.")
OVER = gettext_noop("It costs more than {amount}.")
NO_PRICE = gettext_noop("Nobody knows what it costs.")
FIRST = gettext_noop("It is the first job of a new member.")
WORDS = gettext_noop("Its prompt has a word that staff look at first.")

NOT_LET_THROUGH = (State.AWAITING_APPROVAL, State.REJECTED, State.CANCELLED)
# A letter or digit of a script that writes blanks between words.
LETTER = f"[^\\W_{''.join(f'{chr(first)}-{chr(last)}' for first, last in DENSE)}]"
# Fillers and variation selectors, which are marks to Unicode, but nothing to the eye.
UNSEEN = re.compile("[\u034f\u115f\u1160\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody is about to ask for at once. `total` is in the portal's currency, None where nobody knows."""

    author: User
    provider: int
    model: int
    total: Decimal | None
    text: str


def total_of(estimate: Decimal | None, takes: int, beside: Decimal | None = Decimal(0)) -> Decimal | None:
    """What is asked for at once: all takes, and what is asked for beside them. None where nobody knows."""
    return None if estimate is None or beside is None else estimate * takes + beside


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one person's jobs now: of his role, of his groups, of everybody's."""

    always: bool
    rows: tuple[ApprovalRule, ...]
    unit: str

    def why(self, wish: Wish) -> list[str]:
        """The sentences of all rules that fit, each once; none when nobody need be asked."""
        said = [line for rule in self.rows if fits(rule, wish) for line in told(rule, wish, self.unit)]
        return list(dict.fromkeys([OF_ROLE] * self.always + said))


def rules_over(author: User) -> Rules:
    """In two to four queries; how many wishes are then held against them costs none."""
    always = RoleDefault.objects.filter(role=author.role, needs_approval=True).exists()
    rows = list(ApprovalRule.objects.over(author.pk).select_related("group", "member", "provider", "model"))
    if any(rule.is_first for rule in rows) and not _is_new(author):
        rows = [rule for rule in rows if not rule.is_first]
    unit = portal_currency() if any(rule.amount is not None for rule in rows) else ""
    return Rules(always, tuple(rows), unit)


def why(wish: Wish) -> list[str]:
    """Why this one waits, at once."""
    return rules_over(wish.author).why(wish)


def fits(rule: ApprovalRule, wish: Wish) -> bool:
    """Does everything the rule says of offer, price and text fit? Whose it is, and how new he is, was asked before.

    A price that nobody knows is over every amount.
    """
    return (
        rule.provider_id in (None, wish.provider)
        and rule.model_id in (None, wish.model)
        and (rule.amount is None or wish.total is None or wish.total > rule.amount)
        and (not rule.words or has_word(rule.words, wish.text))
    )


def told(rule: ApprovalRule, wish: Wish, unit: str) -> Iterator[str]:
    """The rule in sentences, as it fits this wish. Its words are not named: they are nobody's to dodge."""
    if rule.amount is not None:
        yield NO_PRICE if wish.total is None else OVER.format(amount=money(rule.amount, unit))
    if rule.is_first:
        yield FIRST
    if rule.words:
        yield WORDS
    if where := rule.model or rule.provider:
        yield OF_MODEL.format(name=where.name)
    if whose := rule.group or rule.member:
        yield OF_PEOPLE.format(name=whose)
    elif is_open(rule):
        yield OF_ALL


def is_open(rule: ApprovalRule) -> bool:
    """True of a rule that says nothing but that every job waits."""
    asks = (rule.amount is not None, rule.is_first, rule.words, rule.provider_id, rule.model_id)
    return not any(asks) and rule.group_id is None and rule.member_id is None


def has_word(words: str, text: str) -> bool:
    """Does the text have one of these words or phrases, one a line, whatever the case and between whatever signs?"""
    plain = _plain(text)
    return any(_pattern(_plain(word)).search(plain) for word in words.splitlines() if word.strip())


def _pattern(word: str) -> re.Pattern[str]:
    """A whole word; in scripts without blanks, and beside them, any place."""
    before = f"(?<!{LETTER})" if re.match(LETTER, word) else ""
    after = f"(?!{LETTER})" if re.match(LETTER, word[-1:]) else ""
    return re.compile(f"{before}{re.escape(word)}{after}")


def _plain(text: str) -> str:
    """Without case, spelling variants, invisible signs and uneven spaces."""
    even = UNSEEN.sub("", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(sign for sign in even if unicodedata.category(sign) != "Cf").split())


def _is_new(author: User) -> bool:
    """True until one of his jobs was let through."""
    return not Job.objects.filter(author=author).exclude(state__in=NOT_LET_THROUGH).exists()
