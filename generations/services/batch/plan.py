"""A batch: every row with its price or its problems, what it all costs, and making it. Nothing is made by looking."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from generations.models import Job, Prompt, User
from generations.models.prompt import text_hash
from generations.services import budgets
from generations.services.approval_rules import Wish, rules_over
from generations.services.batch.rows import COLUMNS, Defaults, Problem, Row, key_of, known_columns, resolve
from generations.services.batch.table import ROWS_MOST, records
from generations.services.compose import compose
from generations.services.offer import offer_for, one_offer
from generations.services.price import price_of, totals
from generations.services.rates import estimate, rate_of

OTHER_WORDS = gettext_noop(
    "This row was made before, and asked for something else then. Preview it again to make it anew."
)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one file under one batch key."""

    key: str
    rows: tuple[Row, ...]

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.problems]

    @property
    def bad(self) -> list[Row]:
        return [row for row in self.rows if row.problems]

    @property
    def clips(self) -> int:
        """How many clips it still makes, bad rows left out."""
        return sum(row.asks for row in self.rows)

    @property
    def made(self) -> int:
        return sum(len(row.made) for row in self.rows)

    @property
    def cost(self) -> str:
        """What these clips cost by the list, in a few words, currencies apart."""
        sums, unknown = totals(row.price for row in self.good if row.asks)
        known = " + ".join(str(price) for price in sums)
        if unknown:
            return _("from {price}").format(price=known) if known else _("price not known")
        return known or pgettext("price", "free")

    @property
    def waiting(self) -> int:
        """How many of these clips wait for approval first."""
        return sum(row.asks for row in self.rows if row.waits)

    @property
    def unknown(self) -> int:
        """How many of these clips have no known price."""
        return sum(row.asks for row in self.rows if row.price is None)

    @property
    def digest(self) -> str:
        """Changes whenever a row would be made otherwise, cost otherwise, or be wrong for another reason."""
        shown = json.dumps([_shown(row) for row in self.rows], default=str)
        return hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest()


def plan(author: User, text: str, key: str, defaults: Defaults) -> Batch:
    """What the file asks for now. Raises NotReadable."""
    offer = offer_for(author)
    found = records(text, known_columns(offer), COLUMNS[0])
    rows = _judged(author, [resolve(author, offer, defaults, record) for record in found])
    made = made_before(author, key)
    return Batch(key, tuple(_with_made(row, key, made) for row in rows) if made else tuple(rows))


def _judged(author: User, rows: Sequence[Row]) -> list[Row]:
    """The rows, with which of them wait for approval first."""
    rules = rules_over(author)
    if not rules.always and not rules.rows:
        return list(rows)
    worth = _worth(rows)
    return [replace(row, waits=bool(rules.why(wish))) if (wish := _wish(author, row, worth)) else row for row in rows]


def _wish(author: User, row: Row, total: Decimal | None) -> Wish | None:
    if row.provider is None or row.model is None or row.combination is None:
        return None
    return Wish(author, row.provider.pk, row.model.pk, total, row.text)


def _worth(rows: Iterable[Row]) -> Decimal | None:
    """What these rows are expected to cost together, in the portal's currency; None where nobody knows."""
    rate = cache(rate_of)
    found = [estimate(row.price, rate(row.price.currency)) if row.price else None for row in rows if row.asks]
    known = [amount for amount in found if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(found) else None


def made_before(author: User, key: str) -> list[Job]:
    """The jobs that this batch key has made, whatever the file says now."""
    tokens = [key_of(key, row + 1) for row in range(ROWS_MOST)]
    return list(Job.objects.filter(author=author, compose_token__in=tokens).select_related("prompt").order_by("take"))


@transaction.atomic
def make(author: User, batch: Batch) -> list[Job]:
    """The takes of each good row, in the file's order: all of them or none. Raises NotPossible.

    The batch key makes it safe to call again: what was made before is answered and not made again.
    """
    budgets.hold(author)
    _hold_prompts(batch.good)
    whole = _worth(batch.good)
    with one_offer(author):
        return [job for row in batch.good for job in _jobs(author, batch.key, row, whole)]


def _jobs(author: User, key: str, row: Row, whole: Decimal | None) -> list[Job]:
    if not row.ask or not row.asks:
        return list(row.made)
    own = _worth([row])
    beside = None if whole is None or own is None else whole - own
    ask = replace(row.ask, compose_token=key_of(key, row.record.number), beside=beside)
    return list(compose(author, ask).jobs)


def _hold_prompts(rows: Iterable[Row]) -> None:
    """Lock the texts that are there already in one order, or two batches with the same ones could lock each other."""
    hashes = {text_hash(row.text) for row in rows}
    list(Prompt.objects.select_for_update().filter(text_hash__in=hashes).order_by("pk").values_list("pk"))


def _with_made(row: Row, key: str, made: list[Job]) -> Row:
    """The row with what was made of it before; that it could not be made now does not matter then."""
    token = key_of(key, row.record.number)
    jobs = [job for job in made if job.compose_token == token]
    if not jobs:
        return row
    if not all(_same(job, row) for job in jobs):
        return replace(row, problems=(Problem("prompt", _(OTHER_WORDS)),))
    return replace(row, problems=(), takes=len(jobs), made=tuple(jobs))


def _same(job: Job, row: Row) -> bool:
    """Is the job what the row says? What the row leaves open may have been chosen otherwise at the time."""
    cells = row.record.cells
    said = {name: str(getattr(job, name)) for name in ("aspect_ratio", "seconds", "quality", "visibility")}
    other_model = cells.get("model") and row.model and row.model.slug != job.model
    return (
        job.prompt.text == row.text
        and not other_model
        and all(cells.get(name, "").casefold() in ("", value.casefold()) for name, value in said.items())
    )


def _shown(row: Row) -> list[object]:
    """What a person decides upon. The line in the file and what was made already are not part of it."""
    unit = row.provider and row.model and row.combination and price_of(row.provider, row.model, row.combination)
    settings = row.ask and (row.ask.provider, row.ask.model, row.ask.visibility, sorted(row.ask.options.items()))
    problems = [problem.sentence for problem in row.problems]
    return [row.text, row.takes, settings, row.combination, str(unit), row.waits, problems]
