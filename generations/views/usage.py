"""What was spent and made, how long it took and why it failed: staff see the team's, everybody his own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generations.forms.usage import UsageFilter, presets
from generations.models import User
from generations.services.rates import portal_currency
from generations.services.usage.cells import amount
from generations.services.usage.chart import chart, largest
from generations.services.usage.export import days_file, lines_file
from generations.services.usage.names import Names
from generations.services.usage.report import Asked, By, Key, Report, Told, total
from generations.views.access import SignedIn, signed_in, staff_only

FILES: dict[str, Callable[[Asked], Iterator[str]]] = {"lines": lines_file, "days": days_file}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page. `query` narrows the page to it."""

    name: str
    told: Told
    query: str


@staff_only
@require_safe
def staff_usage(request: SignedIn) -> HttpResponse:
    return _page(request, "staff_usage")


@signed_in
@require_safe
def usage(request: SignedIn) -> HttpResponse:
    return _page(request, "usage", request.user)


@staff_only
@require_safe
def staff_usage_export(request: SignedIn, what: str) -> HttpResponseBase:
    return _file(request, what)


@signed_in
@require_safe
def usage_export(request: SignedIn, what: str) -> HttpResponseBase:
    return _file(request, what, request.user)


def _page(request: SignedIn, name: str, own: User | None = None) -> HttpResponse:
    filters = UsageFilter(request.GET, own)
    asked = filters.asked
    report = Report(asked)
    lines = {key: figures for (key,), figures in report.told(asked.by).items()}
    providers = lines if asked.by == By.PROVIDER else _of_providers(report)
    shown = _lines(request, asked, lines)
    everything = Told(total({(key,): of for key, of in lines.items()}), [line.told for line in shown])
    context = {
        "filters": filters, "asked": asked, "presets": presets(), "here_is": name, "currency": portal_currency(),
        "all": everything, "lines": shown,
        "providers": shown if providers is lines else _lines(request, replace(asked, by=By.PROVIDER), providers),
        **_drawn(report, asked, lines),
    }  # fmt: skip
    return render(request, f"generations/{name}.html", context)


def _of_providers(report: Report) -> dict[Any, Any]:
    return {key: figures for (key,), figures in report.told(By.PROVIDER).items()}


def _drawn(report: Report, asked: Asked, lines: dict[Any, Any]) -> dict[str, Any]:
    """The chart of what was spent, and the names of its series."""
    series = [] if asked.by == By.DAY else largest({key: amount(of.spent) for key, of in lines.items()})
    spent = {_dated(key): amount(of.spent) for key, of in report.told(*_dims(asked), names=("spent",)).items()}
    names = Names(asked.by, series)
    drawn = chart(asked.since, asked.until, spent, series)
    return {"chart": drawn, "series": [names(key) for key in series], "has_rest": _has_rest(series, spent)}


def _dims(asked: Asked) -> list[By]:
    return list(dict.fromkeys([By.DAY, asked.by]))


def _dated(key: Key) -> tuple[date, Any]:
    return key[0], key[1] if len(key) > 1 else None


def _has_rest(series: list[Any], spent: dict[tuple[date, Any], Any]) -> bool:
    return any(of for (_, key), of in spent.items() if key not in series)


def _lines(request: SignedIn, asked: Asked, found: dict[Any, Any]) -> list[Line]:
    """Days as they follow, the newest first; else what cost most comes first."""
    names = Names(asked.by, found)
    lines = [(key, Line(names(key), Told(of), _query(request, asked.by, key))) for key, of in found.items()]
    if asked.by == By.DAY:
        ordered = sorted(lines, key=lambda one: one[0], reverse=True)
    else:
        ordered = sorted(lines, key=lambda one: (-one[1].told.figures.spent, -one[1].told.figures.jobs, one[1].name))
    return [line for _, line in ordered]


def _query(request: SignedIn, by: By, key: Any) -> str:
    """The page's own address, narrowed; "" where there is nothing to narrow by."""
    narrowed: dict[By, Callable[[], dict[str, Any]]] = {
        By.DAY: lambda: {"since": key, "until": key, "by": By.MODEL},
        By.MEMBER: lambda: {"member": key, "by": By.MODEL},
        By.PROVIDER: lambda: {"provider": key[0], "by": By.MODEL},
        By.MODEL: lambda: {"provider": key[0], "model": key[-1], "by": By.DAY},
    }
    to = narrowed[by]()
    if None in to.values():
        return ""
    query = request.GET.copy()
    for name, value in to.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"


def _file(request: SignedIn, what: str, own: User | None = None) -> HttpResponseBase:
    if what not in FILES:
        raise Http404
    asked = UsageFilter(request.GET, own).asked
    name = f"usage-{what}-{asked.since}-{asked.until}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(FILES[what](asked), headers=headers, content_type="text/csv; charset=utf-8")
