"""An answer that was paid for is kept however long the database is away."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection

from generations.engine.database import db_surely
from generations.models import Heartbeat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_it_tries_again_until_it_works() -> None:
    tries = []

    def keep() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the database is away")
        Heartbeat.beat("kept")
        return len(tries)

    assert async_to_sync(db_surely)(keep) == 3
    assert Heartbeat.last("kept")


def test_a_connection_that_broke_is_made_anew() -> None:
    def keep() -> None:
        if not broken:
            broken.append(1)
            connection.ensure_connection()
            connection.connection.close()
            raise OperationalError("gone")
        Heartbeat.beat("kept")

    broken: list[int] = []
    async_to_sync(db_surely)(keep)
    assert Heartbeat.last("kept")
