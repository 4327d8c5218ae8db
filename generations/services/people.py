"""People as admins see to them: the only writer of role and access, and each change is written down.

The portal never loses its last admin, however many are demoted at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Job, Role, Session, User
from generations.models.states import ACTIVE
from generations.services.afterwards import afterwards
from generations.services.audit import note
from generations.services.languages import written_to
from generations.services.members import reset_link
from generations.services.not_saved import NotSaved

HANDLE = "generations.people.session"


@transaction.atomic
def change_person(person: User, name: str, email: str, role: Role, actor: User) -> User:
    """Say who they are and what they may do; nothing is written where nothing changed. Raises NotSaved."""
    row = _held(person, stays_admin=role == Role.ADMIN)
    wanted = {"name": name, "email": User.objects.normalize_email(email), "role": role.value}
    changes = {field: (getattr(row, field), to) for field, to in wanted.items() if getattr(row, field) != to}
    if not changes:
        return row
    before = row.email
    for field, (_old, to) in changes.items():
        setattr(row, field, to)
    try:
        with transaction.atomic():
            row.save(update_fields=list(changes))
    except IntegrityError:
        raise NotSaved(_("Someone has this e-mail."), "email") from None
    note(actor, gettext_noop("member changed"), before, changes)
    if "email" in changes:
        afterwards(_tell_old_address, row, before)
    return row


@transaction.atomic
def switch_off(person: User, actor: User) -> bool:
    """They cannot sign in any more and are signed out everywhere, at once; False when it was so already.

    What they asked for goes on to its end. Raises NotSaved for the last admin.
    """
    row = _held(person, stays_admin=False)
    if not row.is_active:
        return False
    User.objects.filter(pk=row.pk).update(is_active=False)
    ended = _ended(Session.objects.filter(user=row))
    note(actor, gettext_noop("member switched off"), row.email, {"is_active": (True, False), "sessions": (ended, 0)})
    return True


@transaction.atomic
def switch_on(person: User, actor: User) -> bool:
    """They may sign in again; False when they might already."""
    if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        return False
    note(actor, gettext_noop("member switched on"), person.email, {"is_active": (False, True)})
    return True


def sessions_of(person: User) -> Sequence[Session]:
    """Where they are signed in, the one used last first."""
    rows = Session.objects.live().filter(user=person)
    return sorted(rows, key=lambda row: row.seen_at.timestamp() if row.seen_at else 0, reverse=True)


def handle_of(session: Session) -> str:
    """A name for a page: the key itself would let its reader in."""
    return salted_hmac(HANDLE, session.session_key).hexdigest()[:24]


@transaction.atomic
def end_sessions(person: User, actor: User, handle: str = "") -> int:
    """Sign them out of one session, of all without a handle; how many ended."""
    rows = Session.objects.live().filter(user=person)
    if handle:
        keys = [row.pk for row in rows if constant_time_compare(handle_of(row), handle)]
        rows = rows.filter(pk__in=keys)
    ended = _ended(rows)
    if ended:
        note(actor, gettext_noop("sessions ended"), person.email, {"ended": (None, ended)})
    return ended


def send_password_link(person: User, actor: User) -> None:
    """To their mailbox, and to nobody else: whoever has it can become this person. Raises what the mail server does."""
    _write(person.email, person, "password_reset_key", password_reset_url=reset_link(person))
    note(actor, gettext_noop("password link sent"), person.email)


def under_way_of(person: User) -> int:
    """Their jobs that have not ended."""
    return Job.objects.filter(author=person, state__in=ACTIVE).count()


def _held(person: User, *, stays_admin: bool) -> User:
    """Their row, held, after every admin's: of two who take the role from each other one comes second."""
    active = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk")
    admins: list[Any] = list(active.select_for_update(no_key=True).values_list("pk", flat=True))
    if admins == [person.pk] and not stays_admin:
        raise NotSaved(_("This is the last admin. Make somebody else an admin first."), "role")
    return User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _tell_old_address(person: User, address: str) -> None:
    """Whoever reads it learns that he cannot sign in by it any more: it may have been taken from him."""
    _write(address, person, "email_changed")


def _write(address: str, person: User, mail: str, **more: str) -> None:
    """To an address of this person, in his language."""
    with translation.override(written_to(person)):
        get_adapter().render_mail(f"account/email/{mail}", address, {"user": person, **more}).send()


def _ended(rows: Any) -> int:
    return int(rows.delete()[0])
