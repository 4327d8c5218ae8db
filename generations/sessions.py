"""Sessions that bring their user along: one query on every page, where Django's own take two."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from generations.models import Session, User

_reading: ContextVar[SessionStore | None] = ContextVar("reading", default=None)


class SessionStore(db.SessionStore):
    """Keeps whose session it is in a column, and the user that was read with it in `user`."""

    user: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        return row

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.user = row.user if row else None
        return row


class Authentication(AuthenticationMiddleware):
    """Django's, which checks all that it checks elsewhere; only the user's row is not asked for again."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(User, SimpleLazyObject(lambda: _whose(request)))


def _whose(request: HttpRequest) -> Any:
    reading = _reading.set(cast(SessionStore, request.session))
    try:
        return get_user(request)
    finally:
        _reading.reset(reading)


class Accounts(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend; while a request's session is read, its user is at hand."""

    def get_user(self, user_id: int) -> User | None:
        session = _reading.get()
        user = session.user if session else None
        if user and user.pk == user_id and self.user_can_authenticate(user):
            return user
        found: User | None = super().get_user(user_id)
        return found
