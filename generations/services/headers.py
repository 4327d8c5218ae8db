"""Extra headers of a provider: what may be sent, and what only transport may set."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
MOST = 20
VALUE_MOST = 2000
OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"})


def parsed(text: str) -> dict[str, str]:
    """Headers from lines of "Name: value". Raises ValueError, which names the line and the cure."""
    found = {}
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(_("Line {line} is no header. Write it as Name: value.").format(line=number))
        found[name.strip()] = value.strip()
    check(found)
    return found


def check(headers: Mapping[str, str]) -> None:
    """Raise ValueError where a header cannot be sent.

    It is named by its place: what somebody typed at the wrong side of the colon may be a key.
    """
    if len(headers) > MOST:
        raise ValueError(_("{count} headers are too many; at most {most}.").format(count=len(headers), most=MOST))
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError(_("Two headers have the same name. Leave one out."))
    for number, (name, value) in enumerate(headers.items(), 1):
        if not TOKEN.fullmatch(name):
            said = _("Header {number} has a name that cannot be sent. Use letters, digits and hyphens.")
            raise ValueError(said.format(number=number))
        if name.lower() in OURS:
            raise ValueError(_("{header} is set by the portal itself. Leave it out.").format(header=name))
        if not (value and value.isascii() and value.isprintable() and len(value) <= VALUE_MOST):
            said = _("Header {number} has an empty value, or one with characters that no header has.")
            raise ValueError(said.format(number=number))
