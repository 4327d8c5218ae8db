"""What people and their devices look like: a word for a role, an icon for how they stand, a name for a browser."""

from __future__ import annotations

from types import MappingProxyType

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from generations.models import Invitation, Role, Session, User
from generations.templatetags.faces import Look

register = template.Library()

ROLES = MappingProxyType(
    {
        Role.VIEWER: pgettext_lazy("role", "Viewer"),
        Role.MEMBER: pgettext_lazy("role", "Member"),
        Role.REVIEWER: pgettext_lazy("role", "Reviewer"),
        Role.ADMIN: pgettext_lazy("role", "Admin"),
    }
)
# The first that fits: most browsers also name those that they descend from.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "FxiOS": "Firefox", "Chrome/": "Chrome",
            "CriOS": "Chrome", "Safari/": "Safari", "curl/": "curl"}  # fmt: skip
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "macOS",
           "CrOS": "ChromeOS", "Linux": "Linux"}  # fmt: skip
UNKNOWN = gettext_lazy("Unknown device")


@register.filter
def role_word(role: str) -> str:
    """One word, where the role's own label is a sentence."""
    return str(ROLES[Role(role)])


@register.filter
def person_look(person: User) -> Look:
    """Whether somebody can sign in, and ever did."""
    if not person.is_active:
        return Look("is-wait", "no-symbol", _("Switched off"))
    if person.last_seen is None:
        return Look("is-ask", "clock", _("Not here yet"))
    return Look("is-done", "check-circle", _("Can sign in"))


@register.filter
def invitation_look(invitation: Invitation) -> Look:
    if invitation.is_over:
        return Look("is-doubt", "clock", _("Run out"))
    return Look("is-ask", "paper-airplane", _("Waiting for them"))


@register.filter
def device(session: Session) -> str:
    """What its browser calls itself, in our words and never in its own: Firefox on Linux."""
    browser, system = _first(BROWSERS, session.device), _first(SYSTEMS, session.device)
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or str(UNKNOWN)


@register.filter
def is_handheld(session: Session) -> bool:
    return _first(SYSTEMS, session.device) in {"iPhone", "iPad", "Android"}


def _first(known: dict[str, str], said: str) -> str:
    return next((name for mark, name in known.items() if mark in said), "")
