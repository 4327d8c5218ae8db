"""What a provider and its models look like: the one place where its state becomes an icon, a word and a colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import AuditEntry, Provider, VideoModel
from generations.services.combinations import plain
from generations.services.standing import Beat
from generations.services.told import told as in_words
from generations.services.wording import in_seconds, listed
from generations.templatetags.faces import Look

register = template.Library()

TALL, STEP = 24, 8  # of the row of beats, in its own units
WORDS = {
    "headers_json": gettext_lazy("extra headers"),
    "base_url": gettext_lazy("base URL"),
    "slug": gettext_lazy("wire id"),
    "webhook_secret": gettext_lazy("signing secret"),
}
TOLD = 160


@register.filter
def standing_look(provider: Provider) -> Look:
    """The chip of a provider. What stops everything is named first."""
    if not provider.enabled:
        return Look("is-wait", "minus-circle", _("Off"))
    if provider.paused_reason:
        return Look("is-bad", "hand-raised", _("Paused"))
    if provider.is_cooling:
        return Look("is-doubt", "clock", _("Cooling down"))
    if provider.is_failing:
        return Look("is-bad", "x-circle", _("Calls fail"))
    return Look("is-done", "check-circle", _("On"))


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    x: int
    y: int
    height: int


@register.filter
def bars(beats: Iterable[Beat]) -> list[Bar]:
    """A bar for each hour: its height says how it went, so colour alone says nothing."""
    heights = {"ok": TALL, "slow": 18, "no": 12, "rest": 3}
    kinds = (_kind(beat) for beat in beats)
    return [Bar(kind, n * STEP + 1, TALL - heights[kind], heights[kind]) for n, kind in enumerate(kinds)]


def _kind(beat: Beat) -> str:
    if not beat.calls:
        return "rest"
    if not beat.errors:
        return "ok"
    return "no" if beat.errors * 2 > beat.calls else "slow"


@register.filter
def percent(share: float) -> str:
    """0.013 -> 1.3 %"""
    return _("{share} %").format(share=f"{share * 100:.1f}")


@register.filter
def lengths(model: VideoModel) -> str:
    """What may be asked of it, in a line: 16:9, 9:16 · 4, 8, 12 s · 720p."""
    rows = model.combinations.all()
    ratios, qualities = _once(row.aspect_ratio for row in rows), _once(in_words(row.quality) for row in rows)
    seconds = listed(sorted({row.seconds for row in rows}))
    return " · ".join(filter(None, [listed(ratios), in_seconds(seconds) if seconds else "", listed(qualities)]))


@register.filter
def prices(model: VideoModel) -> str:
    """What a clip costs by its list: USD 0.40 to 1.20."""
    known = sorted(row.price for row in model.combinations.all() if row.price is not None)
    if not known:
        return ""
    low, high = plain(known[0]), plain(known[-1])
    said = _("{currency} {low} a clip") if low == high else _("{currency} {low} to {high} a clip")
    return said.format(currency=model.currency, low=low, high=high).strip()


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, words)))


@register.filter
def changed(entry: AuditEntry) -> list[str]:
    """What an entry changed, a line for each field."""
    return [f"{WORDS.get(name, name.replace('_', ' '))}: {_arrow(change)}" for name, change in entry.changes.items()]


def _arrow(change: Any) -> str:
    before, after = (_short(value) for value in change)
    return f"{before} → {after}" if before != "" else after


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = listed(value) if isinstance(value, list) else in_words(str(value if value is not None else ""))
    return f"{text[:TOLD]}…" if len(text) > TOLD else text


@register.filter
def drawn(field: BoundField) -> SafeString:
    """A field in the portal's look, marked when it is wrong."""
    kind = {"select": "form-select", "checkbox": ""}.get(field.widget_type, "form-control")
    return field.as_widget(attrs={"class": f"{kind} is-invalid".strip() if field.errors else kind} if kind else None)
