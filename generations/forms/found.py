"""What the searchable lists of jobs have in common: words, settings, days, and how each filter is taken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.filters import JobFilter
from generations.models import ModelCombination, State, Verdict, VideoModel
from generations.services.search import has_words
from generations.services.tokens import QUERY_LIMIT

NOT_REVIEWED = "none"
VERDICTS = [("", gettext_lazy("Any review state")), (NOT_REVIEWED, gettext_lazy("Not reviewed")), *Verdict.choices]
YEARS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(9000, 1, 1))]


class Chip(NamedTuple):
    """A filter that is set: its field, what it says, and the query string without it."""

    field: str
    said: str
    without: str


def _models() -> list[tuple[str, str]]:
    slugs = VideoModel.objects.order_by("slug").values_list("slug", flat=True).distinct()
    return [("", _("Any model")), *((slug, slug) for slug in slugs)]


def _lengths() -> list[tuple[str, str]]:
    lengths = ModelCombination.objects.order_by("seconds").values_list("seconds", flat=True).distinct()
    return [("", _("Any length")), *((str(n), _("{n} s").format(n=n)) for n in lengths)]


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FoundFilter(JobFilter):
    """Words, what was asked for, and when."""

    q = forms.CharField(required=False)
    model = forms.ChoiceField(choices=_models, required=False)
    seconds = forms.ChoiceField(choices=_lengths, required=False)
    verdict = forms.ChoiceField(choices=VERDICTS, required=False)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)

    columns: tuple[str, ...] = ("state", "provider", "author", "model", "seconds")
    folded_away: tuple[str, ...] = ()
    """Fields of the fold-out part."""

    @property
    def where(self) -> Q:
        """Everything but the words."""
        return super().where & self.days & self.judged

    @property
    def days(self) -> Q:
        where = Q()
        if since := self.cleaned_data.get("since"):
            where &= Q(created_at__gte=midnight(since))
        if until := self.cleaned_data.get("until"):
            where &= Q(created_at__lt=midnight(until + timedelta(days=1)))
        return where

    @property
    def judged(self) -> Q:
        """By what a reviewer said. Only what is done has a verdict: so one index finds both."""
        return Q(state=State.DONE, verdict=self.wanted_verdict) if self.has("verdict") else Q()

    @property
    def wanted_verdict(self) -> str:
        """As a job has it: empty where nobody judged."""
        return str(self.cleaned_data["verdict"]).replace(NOT_REVIEWED, "")

    @property
    def words(self) -> str:
        """What is searched for."""
        return str(self.cleaned_data.get("q", ""))[:QUERY_LIMIT]

    @property
    def nothing_to_search(self) -> bool:
        """Something was typed, and there is no word in it."""
        return bool(self.words) and not has_words(self.words)

    @property
    def is_set(self) -> bool:
        return bool(self.chips)

    @property
    def is_unfolded(self) -> bool:
        """Something in the fold-out part is set."""
        return any(self.has(field) for field in self.folded_away)

    @cached_property
    def chips(self) -> list[Chip]:
        """Every filter that is set, in the order of the form."""
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        return (Chip(field, said, self.without(field)) for field, said in self._said())

    def _said(self) -> Iterator[tuple[str, str]]:
        """Each filter that is set, with what it says."""
        if self.words:
            yield "q", _("“{words}”").format(words=self.words)
        if self.mine:
            yield "whose", _("Mine")
        for field in self.columns:
            if self.has(field) and not (field == "author" and self.mine):
                yield field, self._word(field)
        if self.has("verdict"):
            yield "verdict", self._word("verdict")
        for field, said in (("since", _("from {day}")), ("until", _("until {day}"))):
            if self.has(field):
                yield field, said.format(day=date_format(self.cleaned_data[field], _("j M Y")))

    def _word(self, field: str) -> str:
        value = self.cleaned_data[field]
        choices = getattr(self.fields[field], "choices", ())
        return str(value if not isinstance(value, str) else dict(choices).get(value, value))

    def without(self, field: str, value: str = "") -> str:
        """The query string without this filter, or without this value of it; from the list's top."""
        query = self.query.copy()
        kept = [one for one in query.getlist(field) if value and one != value]
        query.setlist(field, kept)
        query.pop("after", None)
        for name in [name for name, values in query.lists() if not any(values)]:
            del query[name]
        return f"?{query.urlencode()}"


def midnight(day: date) -> datetime:
    """When the day begins for whoever is asking."""
    return timezone.make_aware(datetime.combine(day, time()))
