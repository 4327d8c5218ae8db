"""The second line of defence: no secret leaves in a log line, even when an error carries one.

The first line is that nothing logs one.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict

DOTS = "•••"
SHORTEST = 8  # shorter "secrets" are words, and blotting a word would spoil every line
MOST = 2000
SHAPES = [
    # Authorization: Bearer abc · 'X-API-Key': 'abc' · api_key=abc · Cookie: a=b
    re.compile(
        r"(?i)((?:proxy-)?authorization|[\w-]*api[-_]?key|[\w-]*secret(?:[-_]\w+)?|password|set-cookie|cookie"
        r"|[\w-]*token)(\\?[\"']?\s*[:=]\s*(?:b?\\?[\"'])?)(?:(?:bearer|basic|token)\s+)?[^\s\"'\\,;}&)]+"
    ),
    re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{8,}"),
    re.compile(r"(://[^\s:/@]*)(:)[^\s@/]+(?=@)"),
    re.compile(r"(?i)(x-amz-(?:signature|credential|security-token))(=)[^&\s\"']+"),
    re.compile(r"(/(?:hooks/(?:job|provider)|references/link))(/)[^/?\s]+"),
    re.compile(r"(/s)(/)[\w-]{20,}"),  # a link for people outside
    re.compile(r"(/password/reset/key)(/)[^/?\s]{20,}"),
    re.compile(r"(/invitation)(/)[^/?\s]{20,}"),
    re.compile(r"\b(sk|rk|pk)(-)[\w-]{12,}"),
    re.compile(r"\b(whsec)(_)[\w+/=-]{12,}"),
]

_known: OrderedDict[str, None] = OrderedDict()


def remember(*secrets: str) -> None:
    """Blot these wherever they show from now on, in this process."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _known[secret] = None
            _known.move_to_end(secret)
    while len(_known) > MOST:
        _known.popitem(last=False)


def remember_within(text: str) -> None:
    """The same for a secret, or for the values of a JSON object of them."""
    try:
        found = json.loads(text) if text.startswith("{") else text
    except ValueError:
        found = text
    remember(*(str(value) for value in found.values()) if isinstance(found, dict) else (text,))


def blotted(text: str) -> str:
    """The text without what is known to be secret or looks like it."""
    for secret in tuple(_known):
        if secret in text:
            text = text.replace(secret, DOTS)
    for shape in SHAPES:
        text = shape.sub(rf"\1\2{DOTS}", text)
    return text
