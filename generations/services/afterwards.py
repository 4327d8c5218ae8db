"""What is done once a transaction is committed, such as a kick: it may fail, and what was committed still stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")


def afterwards(act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Do it after the commit, and never after a rollback. What goes wrong is logged and raised to nobody."""

    @wraps(act)  # a partial has no name, and Django's log asks for one: its error would be raised after all
    def run() -> None:
        act(*args, **kwargs)

    transaction.on_commit(run, robust=True)
