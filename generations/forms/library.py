"""The library's search and filters, kept in the URL: what they find, in which order, and how each is taken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.filters import JobFilter
from generations.models import Collection, ModelCombination, Orientation, State, Tag, Verdict, VideoModel, folded
from generations.models.job import JobQuerySet
from generations.services.paging import Keyset
from generations.services.search import has_words, jobs_on_the_way
from generations.services.tokens import QUERY_LIMIT

KEY_LIMIT = 20  # digits; no row has more
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


class LibraryFilter(JobFilter):
    """Words, and everything a clip can be told apart by."""

    q = forms.CharField(required=False)
    model = forms.ChoiceField(choices=_models, required=False)
    orientation = forms.ChoiceField(choices=[("", gettext_lazy("Any shape")), *Orientation.choices], required=False)
    seconds = forms.ChoiceField(choices=_lengths, required=False)
    verdict = forms.ChoiceField(choices=VERDICTS, required=False)
    tag = forms.CharField(required=False)
    collection = forms.CharField(required=False)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)
    favourite = forms.ChoiceField(choices=[("1", gettext_lazy("Favourites"))], required=False)
    view = forms.ChoiceField(choices=[("grid", gettext_lazy("Grid")), ("list", gettext_lazy("List"))], required=False)

    columns = ("state", "provider", "author", "model", "orientation", "seconds")
    folded_away = ("verdict", "provider", "model", "orientation", "seconds", "tag", "collection", "since", "until")
    """Fields of the fold-out part."""

    @property
    def where(self) -> Q:
        """Everything but the words."""
        where = super().where
        if self.tag_name:
            where &= Q(job_tags__tag=self._tag_pk) if self._tag_pk else Q(pk__in=[])
        if self.has("collection"):
            where &= Q(collection_items__collection=self.gathered) if self.gathered else Q(pk__in=[])
        if self.has("verdict"):
            where &= self._judged
        if self.has("favourite"):
            where &= Q(favourites__user=self.user)
        if since := self.cleaned_data.get("since"):
            where &= Q(created_at__gte=midnight(since))
        if until := self.cleaned_data.get("until"):
            where &= Q(created_at__lt=midnight(until + timedelta(days=1)))
        return where

    @property
    def _judged(self) -> Q:
        """Only what is done has a verdict: so one index finds both.

        One author's clips are found by the author, who made fewer than were judged: that index is kept out of it.
        """
        chosen = self.cleaned_data["verdict"]
        wanted = "" if chosen == NOT_REVIEWED else chosen
        if self.mine or self.has("author"):
            return Q(Exact(Coalesce("verdict", "verdict"), Value(wanted)), state=State.DONE)
        return Q(state=State.DONE, verdict=wanted)

    def search(self, jobs: JobQuerySet) -> tuple[JobQuerySet, Keyset]:
        """Those of the jobs that hold the words, all when there are none, and their order.

        Newest first, along whatever index finds the jobs: so the first page is quick however many are found.
        """
        if self.words:
            return jobs_on_the_way(jobs, self.words, self.where, self.has("since") or self.has("until"))
        return jobs, Keyset(at="created_at", name="key", along=self._along)

    @property
    def _along(self) -> str:
        """The relation whose index finds the jobs; "" where the jobs' own do."""
        if self._tag_pk:
            return "job_tags__job_id"
        if self.gathered:
            return "collection_items__job_id"
        return "favourites__job_id" if self.has("favourite") else ""

    @property
    def words(self) -> str:
        """What is searched for."""
        return str(self.cleaned_data.get("q", ""))[:QUERY_LIMIT]

    @property
    def nothing_to_search(self) -> bool:
        """Something was typed, and there is no word in it."""
        return bool(self.words) and not has_words(self.words)

    @property
    def tag_name(self) -> str:
        return folded(str(self.cleaned_data.get("tag", "")))

    @cached_property
    def _tag_pk(self) -> int | None:
        return Tag.objects.filter(name=self.tag_name).values_list("pk", flat=True).first() if self.tag_name else None

    @cached_property
    def gathered(self) -> Collection | None:
        """The collection that is asked for, if the reader may see it."""
        named = str(self.cleaned_data.get("collection", ""))
        is_key = named.isdecimal() and len(named) < KEY_LIMIT
        return Collection.objects.visible_to(self.user).filter(pk=named).first() if is_key else None

    @property
    def as_list(self) -> bool:
        return self.cleaned_data.get("view") == "list"

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
        return [Chip(field, said, self._without(field)) for field, said in self._said()]

    @property
    def cleared(self) -> str:
        """The query string without any filter; how the list is shown stays."""
        return "?view=list" if self.as_list else ""

    def _said(self) -> Iterator[tuple[str, str]]:
        if self.words:
            yield "q", _("“{words}”").format(words=self.words)
        if self.mine:
            yield "whose", _("Mine")
        for field in ("state", "verdict", "author", "provider", "model", "orientation", "seconds"):
            if self.has(field) and not (field == "author" and self.mine):
                yield field, self._word(field)
        if self.tag_name:
            yield "tag", self.tag_name
        if self.has("collection"):
            yield "collection", self.gathered.name if self.gathered else _("a collection that is gone")
        for field, said in (("since", _("from {day}")), ("until", _("until {day}"))):
            if self.has(field):
                yield field, said.format(day=date_format(self.cleaned_data[field], _("j M Y")))
        if self.has("favourite"):
            yield "favourite", _("Favourites")

    def _word(self, field: str) -> str:
        value = self.cleaned_data[field]
        choices = getattr(self.fields[field], "choices", ())
        return str(value if not isinstance(value, str) else dict(choices).get(value, value))

    def _without(self, field: str) -> str:
        kept = {name: value for name, value in self.data.items() if value and name not in (field, "after")}
        return f"?{urlencode(kept)}"


def midnight(day: date) -> datetime:
    """When the day begins for whoever is asking."""
    return timezone.make_aware(datetime.combine(day, time()))
