"""Small words the templates share: icons, clocks, ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django import template
from django.core.files.storage import Storage, storages
from django.forms import BoundField
from django.forms.utils import flatatt
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.catalogue import options_of
from generations.forms.options import Control
from generations.models import Job
from generations.services.told import told

register = template.Library()

PROBES: dict[type, UUID | int] = {UUID: UUID(int=0), int: 10**18 + 9}  # in no address by themselves
AGES = ((gettext_lazy("{n} d"), 86_400), (gettext_lazy("{n} h"), 3_600), (gettext_lazy("{n} min"), 60))


@register.filter
def option_facts(job: Job) -> list[tuple[str, str]]:
    """The job's options as (label, chosen value), in the catalogue's words, put into the reader's."""
    known = options_of(job.dialect)
    chosen = [(known[name], value) for name, value in job.options.items() if name in known]
    return [(told(o.label), next((told(v.label) for v in o.values if v.value == value), value)) for o, value in chosen]


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """One drawing of the icon sheet, silent for screen readers: a word always stands beside it."""
    return _drawing(name, kind, _address("icons.svg", storages["staticfiles"]))


@register.simple_tag
def address_of(page: str, key: UUID | int | None = None) -> SafeString:
    """What `{% url page key %}` says, at a tenth of its cost: a page of clips asks two hundred times."""
    probe = None if key is None else PROBES[type(key)]  # no other kind is known to be safe as it is
    before, after = _around(page, probe, get_script_prefix())
    return SafeString(f"{before}{'' if key is None else key}{after}")


@lru_cache
def _around(page: str, probe: UUID | int | None, prefix: str) -> tuple[str, str]:
    """The parts of this page's addresses before and after the key."""
    if probe is None:
        return reverse(page), ""
    before, _probe, after = reverse(page, args=[probe]).partition(str(probe))
    return before, after


@lru_cache
def _address(file: str, kept: Storage) -> str:
    return kept.url(file)


@lru_cache(1024)  # a page of clips shows two hundred
def _drawing(name: str, kind: str, sheet: str) -> SafeString:
    classes = f"icon {kind}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, sheet, name)


@register.filter
def clock(seconds: float | None) -> str:
    """83 -> 1:23, as a player shows it."""
    minutes, rest = divmod(round(seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def elapsed(since: datetime) -> str:
    return clock(max(0.0, (timezone.now() - since).total_seconds()))


@register.filter(expects_localtime=True)
def iso(moment: datetime | None) -> str:
    """For `<time datetime>`, where HTML allows three digits of a second; `date:"c"` writes six."""
    return moment.isoformat(timespec="milliseconds") if moment else ""


@register.filter(expects_localtime=True)
def near(moment: datetime | None) -> str:
    """As short as it is clear: the time today, the day this year, else also the year. Scripts write the same later."""
    if moment is None:
        return ""
    today = timezone.localdate()
    if moment.date() == today:
        return f"{moment:%H:%M}"
    return date_format(moment, _("j M") if moment.year == today.year else _("j M Y"))


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in its largest unit: 3 d, 2 h, 12 min, now."""
    seconds = (timezone.now() - moment).total_seconds()
    return next((said.format(n=int(seconds // size)) for said, size in AGES if seconds >= size), _("now"))


@register.filter
def day(moment: datetime | None) -> str:
    """The heading of a day in a list, in the reader's zone."""
    if moment is None:
        return ""
    then, today = timezone.localdate(moment), timezone.localdate()
    near: dict[date, str] = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    return near.get(then) or date_format(then, _("j F Y"))


@register.filter
def tint(pk: int) -> str:
    """One of four quiet colours for a person, the same every time."""
    return f"av-{pk % 4}"


@register.filter
def until(start: datetime, end: datetime) -> str:
    """How long it took: 3 min 12 s."""
    minutes, seconds = divmod(round((end - start).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, _("{n} h")), (minutes, _("{n} min")), (seconds, _("{n} s")))
    return " ".join(said.format(n=n) for n, said in parts if n) or _("{n} s").format(n=0)


@register.filter
def problem_in(control: Control, errors: Mapping[str, Sequence[str]]) -> str:
    """The first error of a control's field, or nothing."""
    return str(errors[control.field][0]) if control.field in errors else ""


@register.filter
def styled(field: BoundField) -> SafeString:
    """A filter's select in the portal's look.

    Its hundred options are written here: by Django's templates, one for each, they are a tenth of the library's page.
    """
    attrs = field.build_widget_attrs({"class": "form-select", "id": field.auto_id}, field.field.widget)
    drawn = field.field.widget.get_context(field.html_name, field.value(), attrs)["widget"]
    options = (option for _group, some, _index in drawn["optgroups"] for option in some)
    rows = ((option["value"], flatatt(option["attrs"]), option["label"]) for option in options)
    inner = format_html_join("\n", '<option value="{}"{}>{}</option>', rows)
    return format_html("<select{}>{}</select>", flatatt({"name": drawn["name"], **drawn["attrs"]}), inner)


@register.filter
def boxed(field: BoundField) -> SafeString:
    """A text field in the portal's look, marked when it is wrong."""
    return field.as_widget(attrs={"class": "form-control is-invalid" if field.errors else "form-control"})
