"""Accounts at gateways: adding, changing, pausing. Every change is written down with who made it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.catalogue import presets_of
from generations.contract import Preset
from generations.models import Provider, User
from generations.models.provider import PROBE_AFTER
from generations.services.audit import SECRETS, note
from generations.services.gist import cure
from generations.services.models import add_from_catalogue
from generations.services.rules import check_provider
from generations.services.wording import listed

log = logging.getLogger(__name__)

PAUSED = gettext_noop("Paused by {person}.")
MENDS = ("key", "headers_json", "base_url")  # one of these may be what a pause asks for
# Tried again at once, but with one job first: what was wrong may be wrong still.
UNHINDERED: dict[str, Any] = {
    "paused_reason": "",
    "paused_by_hand": False,
    "cooling_until": None,
    "quiet_until": None,
    "failures_in_row": 0,
    "submit_failures": PROBE_AFTER,
}


def add_provider(
    name: str, dialect: str, base_url: str, key: str, *, preset: str = "", actor: User | None = None, **options: Any
) -> Provider:
    """A provider with a preset's models, paths and pace (the dialect's first preset if none is named).

    `options` are columns and win over the preset. Raises ValidationError naming the field.
    """
    start = preset_of(dialect, preset)
    columns = {**(_columns(start) if start else {}), **options, "preset": start.slug if start else ""}
    provider = Provider(name=name, dialect=dialect, base_url=base_url.strip(), key=key.strip(), **columns)
    check_provider(provider)
    with transaction.atomic():
        provider.save()
        for position, model in enumerate(start.models if start else ()):
            add_from_catalogue(provider, position, model)
        given = {name: ("", getattr(provider, name)) for name in ("base_url", *sorted(SECRETS))}
        note(
            actor,
            gettext_noop("provider added"),
            provider.name,
            {name: change for name, change in given.items() if change[1]},
        )
    return provider


def preset_of(dialect: str, slug: str = "") -> Preset | None:
    """A dialect's preset by name, or its first. Raises ValidationError for a name it has not."""
    presets = presets_of(dialect)
    if not slug:
        return presets[0] if presets else None
    found = next((preset for preset in presets if preset.slug == slug), None)
    if found is None:
        names = listed(preset.slug for preset in presets) or _("none")
        said = _("{dialect} has no preset {preset}. There are: {names}.")
        raise ValidationError({"preset": said.format(dialect=dialect, preset=slug, names=names)})
    return found


def _columns(preset: Preset) -> dict[str, Any]:
    return {
        "delivery": preset.delivery or "",
        "create_path": preset.create_path,
        "query_path": preset.query_path,
        "poll_interval": preset.poll_interval,
    }


@transaction.atomic
def change_provider(provider: Provider, changes: Mapping[str, Any], actor: User | None = None) -> Provider:
    """Set these columns. A new origin clears every secret that does not come along: each goes to its own origin only.

    A new key, header or address ends a pause that the portal made, since that is what it asks for; one made by hand
    stays until somebody resumes. Raises ValidationError, also when the row has another origin by now than `provider`:
    what was typed for the old address must not reach the new one.
    """
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    if row.origin != provider.origin:
        raise ValidationError({"base_url": moved(row)})
    before = {name: getattr(row, name) for name in (*changes, *SECRETS)}
    for name, value in changes.items():
        setattr(row, name, value)
    check_provider(row)
    changed = {name for name in changes if getattr(row, name) != before[name]}
    if row.origin != provider.origin:
        changed |= _cleared(row, SECRETS - changes.keys())
    told = {name: (before[name], getattr(row, name)) for name in changed if before[name] or changes.get(name)}
    if any(changes.get(name) for name in MENDS):
        told |= _unpaused(row)
    written = changed | told.keys() | ({"submit_failures"} if "paused_reason" in told else set())
    # Only these columns: the engine pauses and cools at any time, and an unreadable key must not be overwritten.
    row.save(update_fields=written)
    if told:
        note(actor, gettext_noop("provider changed"), row.name, told)
    return row


def moved(provider: Provider) -> str:
    """Why a change that was made for another address is not taken."""
    said = _(
        "Somebody else has changed the address meanwhile: it is {address} now. Nothing was saved, since "
        "a key goes to its own address only. Open the page again and look at it first."
    )
    return said.format(address=provider.base_url)


def _cleared(provider: Provider, names: Iterable[str]) -> set[str]:
    for name in names:
        setattr(provider, name, "")
    return set(names)


def _unpaused(provider: Provider) -> dict[str, tuple[str, str]]:
    """End a pause that the portal made; what that changed."""
    if not provider.paused_reason or provider.paused_by_hand:
        return {}
    reason, provider.paused_reason, provider.submit_failures = provider.paused_reason, "", PROBE_AFTER
    return {"paused_reason": (reason, "")}


def enable(provider: Provider, actor: User | None = None) -> None:
    """Offer the provider again, end its pause and let it be tried at once."""
    _switch(provider, gettext_noop("provider enabled"), actor, enabled=True, **UNHINDERED)


def disable(provider: Provider, actor: User | None = None) -> None:
    """Offer the provider no longer. Jobs in flight go on; waiting ones wait."""
    _switch(provider, gettext_noop("provider disabled"), actor, enabled=False)


def hold(provider: Provider, actor: User) -> None:
    """Pause by hand: still offered, and what is asked for waits."""
    _switch(
        provider, gettext_noop("provider paused"), actor, paused_reason=PAUSED.format(person=actor), paused_by_hand=True
    )


def resume(provider: Provider, actor: User | None = None) -> None:
    """End a pause and let the provider be tried at once."""
    _switch(provider, gettext_noop("provider resumed"), actor, **UNHINDERED)


def _switch(provider: Provider, action: str, actor: User | None, **columns: Any) -> None:
    told = {name: (getattr(provider, name), columns[name]) for name in ("enabled", "paused_reason") if name in columns}
    with transaction.atomic():
        Provider.objects.filter(pk=provider.pk).update(**columns)
        note(actor, action, provider.name, {name: change for name, change in told.items() if change[0] != change[1]})


def pause(provider: Provider, reason: str) -> None:
    """Send nothing more until an admin mended what `reason` says; a provider's own words are not kept in it."""
    reason = cure(reason)
    log.warning("provider %s is paused: %s", provider.name, reason)
    # What somebody paused by hand stays theirs to resume.
    Provider.objects.filter(pk=provider.pk, paused_by_hand=False).update(paused_reason=reason)
