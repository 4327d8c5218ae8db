"""Invitations: made, renewed, revoked and used once. Only a hash of a link's token is kept."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Group, Invitation, Role, User
from generations.services.audit import Change, note
from generations.services.members import address, new_member
from generations.services.not_saved import NotSaved

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
SIGNER = Signer(salt="generations.invitation")
"""What we did not sign is refused before anything is looked up."""
DAYS = 7


@transaction.atomic
def invite(email: str, role: Role, group: Group | None, actor: User, days: int = DAYS) -> tuple[Invitation, str]:
    """A new invitation, and its token, which is told here and never again. Raises NotSaved."""
    email = User.objects.normalize_email(email)
    if _is_member(email):
        raise NotSaved(_("This person is a member already."), "email")
    token, ends = _new_token(), timezone.now() + timedelta(days=days)
    columns = {"role": role, "group": group, "by": actor, "expires_at": ends}
    try:
        with transaction.atomic():
            row = Invitation.objects.create(email=email, token_hash=_hash(token), **columns)
    except IntegrityError:
        raise NotSaved(_("This person is invited already. Renew or revoke that invitation."), "email") from None
    told = _given(row) | {"expires": (None, ends.date().isoformat())}
    note(actor, gettext_noop("invitation made"), email, told)
    return row, token


@transaction.atomic
def renew(invitation: Invitation, actor: User, days: int = DAYS) -> str:
    """A new token, which is told here and never again: the old link ends, the time begins anew. Raises NotSaved."""
    token, ends = _new_token(), timezone.now() + timedelta(days=days)
    rows = Invitation.objects.waiting().filter(pk=invitation.pk)
    if _is_member(invitation.email) or not rows.update(token_hash=_hash(token), expires_at=ends, by=actor):
        raise NotSaved(_("This invitation was used or revoked meanwhile. Make a new one."))
    change = (invitation.expires_at.date().isoformat(), ends.date().isoformat())
    note(actor, gettext_noop("invitation renewed"), invitation.email, {"expires": change})
    return token


@transaction.atomic
def revoke(invitation: Invitation, actor: User) -> bool:
    """End it at once; False when it was used or revoked before."""
    if not Invitation.objects.waiting().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        return False
    note(actor, gettext_noop("invitation revoked"), invitation.email)
    return True


def found(token: str) -> Invitation | None:
    """The invitation of this token, if it works now; None for every reason why it may not, and nothing tells them
    apart."""
    digest = _digest_of(token)
    row = Invitation.objects.open().filter(token_hash=digest).first() if digest else None
    return row if row and not _is_member(row.email) else None


def accept(token: str, name: str, password: str) -> User | None:
    """The account that the invitation is for, made now; None when it does not work any more.

    However many use it at once, one of them makes the account. Raises ValidationError for a password that is no good.
    """
    try:
        with transaction.atomic():
            return _accepted(_digest_of(token), name, password)
    except (IntegrityError, ValidationError):
        if found(token) is None:  # somebody with this e-mail was added at this moment
            return None
        raise


def _accepted(digest: str, name: str, password: str) -> User | None:
    row = Invitation.objects.open().select_for_update(of=("self",)).filter(token_hash=digest).first()
    if row is None or _is_member(row.email):
        return None
    user = new_member(row.email, Role(row.role), password, name)
    if row.group:
        row.group.members.add(user)
    Invitation.objects.filter(pk=row.pk).update(used_at=timezone.now(), used_by=user)
    note(user, gettext_noop("invitation accepted"), user.email, _given(row))
    return user


def _given(row: Invitation) -> dict[str, Change]:
    """What its use gives, as it is written down."""
    role: dict[str, Change] = {"role": (None, Role(row.role).value)}
    return role | ({"group": (None, row.group.name)} if row.group else {})


def link(token: str) -> str:
    """The full address that an invited person opens."""
    return f"{address()}{reverse('invitation', args=[token])}"


def mailed(invitation: Invitation, token: str) -> bool:
    """Write to the invited person, in the language at hand; False when the mail server did not take it."""
    said = {"link": link(token), "who": invitation.by, "until": invitation.expires_at}
    text = render_to_string("generations/invitation_mail.txt", said)
    message = EmailMessage(str(_("Sora Portal: you are invited")), text, to=[invitation.email])
    try:
        message.send()
    except Exception as error:  # whatever it is: the link can be copied instead
        log.warning("an invitation was not sent by mail: %r", error)
        return False
    return True


def _is_member(email: str) -> bool:
    return User.objects.filter(email=User.objects.normalize_email(email)).exists()


def _new_token() -> str:
    return SIGNER.sign(secrets.token_urlsafe(TOKEN_BYTES))


def _digest_of(token: str) -> str:
    """What is kept of it; "" for one that is none of ours."""
    try:
        SIGNER.unsign(token)
    except BadSignature:
        return ""
    return _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
