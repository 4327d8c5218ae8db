"""What is done after a commit: it may fail, and nothing that was committed is troubled by it."""

from __future__ import annotations

import pytest
from django.db import transaction

from generations.models import Group
from generations.services.afterwards import afterwards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_only_after_the_commit() -> None:
    done: list[int] = []
    with transaction.atomic():
        afterwards(done.append, 1)
        assert done == []
    assert done == [1]


def test_not_after_a_rollback() -> None:
    done: list[int] = []
    with transaction.atomic():
        afterwards(done.append, 1)
        transaction.set_rollback(True)
    assert done == []


def test_one_that_fails_is_logged_and_hinders_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The broker may be down just then."""
    done: list[int] = []

    def kick(number: int) -> None:
        raise ConnectionError(f"no broker for {number}")

    with transaction.atomic():
        Group.objects.create(name="Kept")
        afterwards(kick, 7)
        afterwards(done.append, 1)
    assert Group.objects.filter(name="Kept").exists()
    assert done == [1]
    assert "no broker for 7" in caplog.text
