"""What the lines of a report are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.contract import Cause
from generations.models import Provider, User
from generations.services.usage.cells import CAUSES
from generations.services.usage.report import By

WORDS = {
    Cause.OTHER: gettext_lazy("for another reason"),
    Cause.NAME: gettext_lazy("its host’s name is not known"),
    Cause.UNREACHABLE: gettext_lazy("not reached"),
    Cause.TLS: gettext_lazy("no secure connection"),
    Cause.CERTIFICATE: gettext_lazy("its certificate is not valid"),
    Cause.FORBIDDEN: gettext_lazy("a forbidden address"),
    Cause.KEY: gettext_lazy("its key is refused"),
    Cause.BALANCE: gettext_lazy("no balance or permission"),
    Cause.PAGE: gettext_lazy("a web page in place of an answer"),
    Cause.PATH: gettext_lazy("a wrong path"),
    Cause.BUSY: gettext_lazy("busy"),
    Cause.CONTENT: gettext_lazy("content rules"),
    Cause.MODEL: gettext_lazy("the model is not offered"),
    Cause.IMAGE: gettext_lazy("the image cannot be sent"),
    Cause.BROKEN: gettext_lazy("broke while rendering"),
    Cause.LATE: gettext_lazy("not in time"),
    Cause.LOST: gettext_lazy("lost at the provider"),
    Cause.REMOVED: gettext_lazy("the provider was removed"),
}
CAUSE_OF = {letter: cause for cause, letter in CAUSES.items()}


class Names:
    """Names of people and providers, read once."""

    def __init__(self, by: By, keys: Iterable[Any]) -> None:
        self.by = by
        wanted = [key for key in keys if key is not None]
        if by == By.MEMBER:
            self.people = {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)}
        elif by != By.DAY:
            self.providers = dict(Provider.objects.values_list("pk", "name"))

    def __call__(self, key: Any) -> str:
        if self.by == By.DAY:
            return _day(key)
        if self.by == By.MEMBER:
            return self.people.get(key, "")
        provider, removed, *model = key
        name = self.providers.get(provider) or removed or _("Corrections about no job")
        return " · ".join(filter(None, [name, *model]))


def reasons(causes: str) -> list[tuple[str, int]]:
    """Why jobs failed, the most frequent first."""
    found = Counter(causes).most_common()
    return [(str(WORDS[CAUSE_OF.get(letter, Cause.OTHER)]), n) for letter, n in found]


def _day(day: date) -> str:
    return date_format(day, _("j M Y"))
