"""Sessions that bring their user along: one query on every page, where Django's own take two.

They also know on which device they began, and when they were last used: to within SEEN_EVERY, since a page that is
only looked at should write nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from generations.models import Session, User
from generations.models.session import DEVICE_LIMIT

SEEN_EVERY = timedelta(minutes=10)
DEVICE, STARTED = "device", "started"

_reading: ContextVar[SessionStore | None] = ContextVar("reading", default=None)


class SessionStore(db.SessionStore):
    """Keeps whose session it is in a column, and the user that was read with it in `user`."""

    user: User | None = None
    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast(Session, super().create_model_instance(data))
        row.user_id = data.get(SESSION_KEY)
        row.device, row.seen_at = data.get(DEVICE, ""), timezone.now()
        row.started_at = datetime.fromtimestamp(data[STARTED], UTC) if STARTED in data else None
        return row

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.user = row.user if row else None
        self.seen_at = row.seen_at if row else None
        return row

    def mark_seen(self) -> None:
        """Write down that its user is here, unless that was done a moment ago."""
        now = timezone.now()
        if self.user is None or (self.seen_at and now - self.seen_at < SEEN_EVERY):
            return
        Session.objects.filter(pk=self.session_key).update(seen_at=now)
        User.objects.filter(pk=self.user.pk).update(seen_at=now)
        self.seen_at = now


@receiver(user_logged_in)
def _note_device(sender: object, request: HttpRequest, **kwargs: object) -> None:
    said = request.headers.get("User-Agent", "").replace("\x00", "")
    request.session[DEVICE], request.session[STARTED] = said[:DEVICE_LIMIT], timezone.now().timestamp()


class LastSeen:
    """Pages say that their reader is here; what a page asks for by itself does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "HX-Request" not in request.headers:
            cast(SessionStore, request.session).mark_seen()
        return self.get_response(request)


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
