"""The library's search and filters, kept in the URL: what they find, in which order, and how each is taken off."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.found import FoundFilter
from generations.models import Collection, Orientation, State, Tag, folded
from generations.models.job import JobQuerySet
from generations.services.paging import Keyset
from generations.services.search import jobs_on_the_way

KEY_LIMIT = 20  # digits; no row has more


class LibraryFilter(FoundFilter):
    """Words, and everything a clip can be told apart by."""

    orientation = forms.ChoiceField(choices=[("", gettext_lazy("Any shape")), *Orientation.choices], required=False)
    tag = forms.CharField(required=False)
    collection = forms.CharField(required=False)
    favourite = forms.ChoiceField(choices=[("1", gettext_lazy("Favourites"))], required=False)
    view = forms.ChoiceField(choices=[("grid", gettext_lazy("Grid")), ("list", gettext_lazy("List"))], required=False)

    columns = ("state", "author", "provider", "model", "orientation", "seconds")
    folded_away = ("verdict", "provider", "model", "orientation", "seconds", "tag", "collection", "since", "until")

    @property
    def where(self) -> Q:
        where = super().where
        if self.tag_name:
            where &= Q(job_tags__tag=self._tag_pk) if self._tag_pk else Q(pk__in=[])
        if self.has("collection"):
            where &= Q(collection_items__collection=self.gathered) if self.gathered else Q(pk__in=[])
        if self.has("favourite"):
            where &= Q(favourites__user=self.user)
        return where

    @property
    def judged(self) -> Q:
        """One author's clips are found by the author, who made fewer than were judged: that index is kept out of it."""
        if not (self.has("verdict") and (self.mine or self.has("author"))):
            return super().judged
        return Q(Exact(Coalesce("verdict", "verdict"), Value(self.wanted_verdict)), state=State.DONE)

    def search(self, jobs: JobQuerySet) -> tuple[JobQuerySet, Keyset]:
        """Those of the jobs that hold the words, all when there are none, and their order.

        Newest first, along whatever index finds the jobs: so the first page is quick however many are found.
        """
        if self.words:
            in_days = self.has("since") or self.has("until")
            return jobs_on_the_way(jobs, self.words, self.where, in_days, self._along)
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
    def cleared(self) -> str:
        """The query string without any filter; how the list is shown stays."""
        return "?view=list" if self.as_list else ""

    def _said(self) -> Iterator[tuple[str, str]]:
        yield from super()._said()
        if self.tag_name:
            yield "tag", self.tag_name
        if self.has("collection"):
            yield "collection", self.gathered.name if self.gathered else _("a collection that is gone")
        if self.has("favourite"):
            yield "favourite", _("Favourites")
