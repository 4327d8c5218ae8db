"""The filters of the staff's table of all jobs, kept in the URL: what they find, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.forms.found import Chip, FoundFilter
from generations.models import Charged, Job, State
from generations.models.job import JobQuerySet
from generations.services import job_table
from generations.services.job_table import QUEUES, SORTS, Queue, Sort
from generations.services.keys import read_key
from generations.services.paging import Keyset

QUEUE_NAMES = {
    Queue.APPROVAL: gettext_lazy("Awaiting approval"),
    Queue.UNKNOWN: gettext_lazy("Outcome unknown"),
    Queue.FAILED: gettext_lazy("Failed and moderated"),
    Queue.ARCHIVE: gettext_lazy("Not archived"),
    Queue.VERDICT: gettext_lazy("To review"),
}
SORT_NAMES = {
    "newest": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
    "waiting": gettext_lazy("Longest waiting"),
    "dearest": gettext_lazy("Highest expected cost"),
    "slowest": gettext_lazy("Slowest render"),
}
MONEY = [
    ("", gettext_lazy("Charged or not")),
    (Charged.YES, gettext_lazy("Charged")),
    (Charged.NO, gettext_lazy("Not charged")),
    (Charged.UNKNOWN, gettext_lazy("Not known, or not yet")),
]


class JobTableFilter(FoundFilter):
    """One queue or all jobs, narrowed by everything a line of the table tells."""

    queue = forms.ChoiceField(choices=list(QUEUE_NAMES.items()), required=False)
    state = forms.MultipleChoiceField(choices=State.choices, required=False)
    charged = forms.ChoiceField(choices=MONEY, required=False)
    sort = forms.ChoiceField(choices=list(SORT_NAMES.items()), required=False)

    columns = ("author", "provider", "model", "seconds")
    folded_away = ("state", "model", "seconds", "charged", "verdict", "since", "until")

    @property
    def where(self) -> Q:
        """Everything but the words and the queue."""
        where = super().where
        if states := self.states:
            where &= Q(state__in=states)
        if self.key:
            where &= Q(key=self.key)
        if said := self.cleaned_data.get("charged"):
            where &= job_table.charged(Charged(said))
        return where

    def search(self) -> tuple[JobQuerySet, Keyset]:
        """The jobs that are in the queue and hold the words, and their order. Words find nothing that is private."""
        jobs = QUEUES[self.picked](self.user) if self.picked else Job.objects.all()
        if self.words and not self.key:
            in_days = self.has("since") or self.has("until")
            return job_table.searched(jobs.visible_to(self.user), self.words, self.order, self.where, in_days)
        return job_table.found(jobs.filter(self.where), self.order, list(self._parts()))

    @property
    def order(self) -> Sort:
        return SORTS[self.sorted_by]

    @property
    def sorted_by(self) -> str:
        return self.cleaned_data.get("sort") or next(iter(SORTS))

    @cached_property
    def picked(self) -> Queue | None:
        """The queue that is asked for."""
        named = self.cleaned_data.get("queue")
        return Queue(named) if named else None

    @property
    def states(self) -> list[str]:
        return list(self.cleaned_data.get("state", []))

    @cached_property
    def key(self) -> Any:
        """The job whose key is searched for, if what was typed is one."""
        return read_key(self.words) if self.words else None

    @property
    def cleared(self) -> str:
        """The query string without any filter; queue and order stay."""
        query = self.query.copy()
        for name in set(query) - {"queue", "sort"}:
            del query[name]
        return f"?{query.urlencode()}" if query else ""

    def _parts(self) -> Iterator[QuerySet[Any]]:
        """What is asked, each by itself, as an index counts it."""
        wheres = [Q(**{name: self.cleaned_data[name]}) for name in self.columns if self.has(name)]
        wheres += [Q(state__in=self.states)] * bool(self.states) + [Q(key=self.key)] * bool(self.key)
        wheres += [part for part in (self.days, self.judged) if part]
        yield from (Job.objects.filter(where).values("pk") for where in wheres)
        if self.picked:
            yield QUEUES[self.picked](self.user).values("pk")
        if self.cleaned_data.get("charged") == Charged.UNKNOWN:
            yield job_table.unsettled()

    def _chips(self) -> Iterator[Chip]:
        yield from super()._chips()
        for state in self.states:
            yield Chip("state", str(State(state).label), self.without("state", state))

    def _said(self) -> Iterator[tuple[str, str]]:
        yield from super()._said()
        if self.has("charged"):
            yield "charged", self._word("charged")

    @property
    def says_who_is_left_out(self) -> str:
        """What the order leaves out, where it does."""
        return {
            "waiting": _("Only what is not over."),
            "dearest": _("Without jobs whose price nobody knows."),
            "slowest": _("Only what was rendered."),
        }.get(self.sorted_by, "")
