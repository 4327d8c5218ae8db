"""Which days, whose and by what: the filters of usage, kept in the URL. A value that makes no sense filters nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.found import YEARS
from generations.models import Provider, User, VideoModel
from generations.services.months import last_day, today
from generations.services.usage.report import Asked, By

DAYS_MOST = 800
BY = {
    By.PROVIDER: gettext_lazy("Provider"),
    By.MODEL: gettext_lazy("Model"),
    By.MEMBER: gettext_lazy("Member"),
    By.DAY: gettext_lazy("Day"),
}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, validators=YEARS, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


class UsageFilter(forms.Form):
    """Of the whole team, or of one person who sees only what is his own."""

    since = _day(gettext_lazy("From day"))
    until = _day(gettext_lazy("To day"))
    by = forms.ChoiceField(choices=list(BY.items()), required=False)
    member = forms.ModelChoiceField(
        User.objects.order_by("name", "email"), required=False, empty_label=gettext_lazy("Anyone")
    )
    provider = forms.ModelChoiceField(
        Provider.objects.order_by("name"), required=False, empty_label=gettext_lazy("Any provider")
    )
    model = forms.ChoiceField(required=False)

    def __init__(self, query: QueryDict, own: User | None = None) -> None:
        super().__init__(query)
        self.own, self.said = own, ""
        if own:
            del self.fields["member"]
        known = VideoModel.objects.order_by("slug").values_list("slug", flat=True).distinct()
        asked = query.get("model", "").replace("\x00", "")[:120]
        slugs = dict.fromkeys([*known, *filter(None, [asked])])
        self.fields["model"].choices = [("", _("Any model")), *((slug, slug) for slug in slugs)]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def by_choices(self) -> list[tuple[By, Any]]:
        return [(by, label) for by, label in BY.items() if not (self.own and by == By.MEMBER)]

    @property
    def asked(self) -> Asked:
        """What the filters say. `said` then tells what was not taken as it was typed."""
        data, since, until = self.cleaned_data, *self._period()
        by = By(data.get("by") or By.PROVIDER)
        if self.own and by == By.MEMBER:
            by = By.PROVIDER
        member, provider = data.get("member"), data.get("provider")
        whose = self.own.pk if self.own else member.pk if member else None
        return Asked(since, until, by, whose, provider.pk if provider else None, data.get("model") or "")

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("member", "provider", "model"))

    def _period(self) -> tuple[date, date]:
        until = self.cleaned_data.get("until") or today()
        since = self.cleaned_data.get("since") or min(until, today()).replace(day=1)
        said = [text for name in ("since", "until") for text in self.errors.get(name, [])]
        if since > until:
            since, until = until, since
            said.append(_("The first day was after the last one, so they are the other way round here."))
        if (until - since).days >= DAYS_MOST:
            since = until - timedelta(days=DAYS_MOST - 1)
            told = _("At most {most} days are shown. For earlier ones choose an earlier last day.")
            said.append(told.format(most=DAYS_MOST))
        self.said = " ".join(map(str, said))
        return since, until


def presets() -> list[tuple[str, date, date]]:
    """Periods to choose by a click: what they are called, and their ends."""
    now = today()
    before = now.replace(day=1) - timedelta(days=1)
    return [
        (_("7 days"), now - timedelta(days=6), now),
        (_("This month"), now.replace(day=1), now),
        (_("Last month"), before.replace(day=1), last_day(before.replace(day=1))),
        (_("90 days"), now - timedelta(days=89), now),
        (_("A year"), now - timedelta(days=364), now),
    ]
