"""How gunicorn's processes behave; what is chosen by an operator is on its command line."""

from __future__ import annotations

from generations.process import die_with_parent, spare_collector


def post_fork(server: object, worker: object) -> None:
    """A killed master must leave no worker behind that holds the port."""
    die_with_parent()


def post_worker_init(worker: object) -> None:
    """The application is loaded, and no request has come yet."""
    spare_collector()
