"""What people and the engine do at the same moment waits for each other and never in a circle."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from generations.models import Budget, Derived, Job, ModelCombination, Provider, User, VideoModel
from generations.services.batch.plan import make, plan
from generations.services.batch.rows import Defaults
from generations.services.cancel import cancel
from generations.services.compose import Ask, compose
from tests.services.helpers import race

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]
MODEL, ROUNDS = "sora2-landscape-8s", 3
FILE = f"prompt,model\nA fox wakes,{MODEL}\nA hen wakes,{MODEL}\n"
Asking = Callable[..., Callable[[], Any]]


@pytest.fixture
def asking(provider: Provider, member: User) -> Asking:
    """The same person asks for the same text, under another key each time."""
    Provider.objects.update(enabled=True, in_flight=1000)
    ModelCombination.objects.update(price=Decimal("0.80"))
    VideoModel.objects.update(currency="USD")
    Budget.objects.create(amount=100_000)
    return lambda key, **more: partial(compose, member, Ask("A fox wakes", provider.pk, MODEL, key, **more))


def jobs_of(asking: Asking, turn: int) -> list[Job]:
    return [asking(f"before {turn} {number}")().job for number in range(3)]


def all_come_through(*calls: Callable[[], Any]) -> None:
    assert [result for result in race(*calls) if isinstance(result, Exception)] == []


def test_an_end_and_the_same_text_again(asking: Asking, member: User) -> None:
    for turn in range(ROUNDS):
        ends = [partial(cancel, job, member) for job in jobs_of(asking, turn)]
        all_come_through(*ends, *(asking(f"again {turn} {number}") for number in range(3)))


def test_a_batch_and_a_single_one(asking: Asking, member: User, provider: Provider) -> None:
    asking("first")()

    def batch(key: str) -> list[Job]:
        return make(member, plan(member, FILE, key, Defaults(provider=provider.pk)))

    for turn in range(ROUNDS):
        batches = [partial(batch, f"batch {turn} {number}") for number in range(2)]
        all_come_through(*batches, *(asking(f"single {turn} {number}") for number in range(4)))


def test_an_end_and_a_take_of_it(asking: Asking, member: User) -> None:
    for turn in range(ROUNDS):
        jobs = jobs_of(asking, turn)
        takes = [asking(f"take {turn} {job.key}", derived_from=job.key, derived_as=Derived.TAKE) for job in jobs]
        all_come_through(*takes, *(partial(cancel, job, member) for job in jobs))
