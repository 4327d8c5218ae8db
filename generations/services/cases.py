"""What staff see of jobs of unknown outcome and of second clips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.contract import Lists
from generations.dialects import DIALECTS
from generations.models import LOOKED_FOR, Candidate, Job, ModelCombination, State, Submission
from generations.services.callbacks import callbacks_off
from generations.services.combinations import plain
from generations.services.told import told
from generations.services.unsettled import lives_there

NO_LIST = gettext_lazy(
    "This provider has no list and does not call back. Look for the job on its own pages and enter the id here."
)
CALLS_ONLY = gettext_lazy(
    "This kind of provider has no list of jobs. The portal asks about every id that its callback names."
)
HOURS = int(LOOKED_FOR.total_seconds() // 3600)


@dataclass(frozen=True, slots=True)
class Case:
    """A job of unknown outcome: its latest submission, the ids that may be it, and what the portal does about it."""

    job: Job
    submission: Submission | None
    candidates: Sequence[Candidate]
    price: str
    doing: str

    @property
    def detail(self) -> str:
        """What came of the POST, unless an event says the same."""
        said = self.submission.detail if self.submission else ""
        return "" if said in {event.detail for event in self.job.events.all()} else said

    @property
    def number(self) -> int:
        """Names the submission that was shown, so that a stale click is seen."""
        return self.submission.number if self.submission else 0


def unknown_jobs() -> QuerySet[Job]:
    """Jobs of unknown outcome with all that a case shows, in a few queries for any number of them."""
    sent = Submission.objects.select_related("provider").prefetch_related("candidates").order_by("number")
    jobs = Job.objects.filter(state=State.UNKNOWN).for_cards()
    return jobs.prefetch_related(Prefetch("submissions", sent), "events__actor")


def cases(jobs: Iterable[Job]) -> list[Case]:
    """The jobs as staff see them."""
    rows = list(jobs)
    prices = list_prices(rows)
    return [_case(job, prices.get(job.pk, "")) for job in rows]


def second_clips() -> list[tuple[Submission, str]]:
    """Accepted after all though staff had moved the job on, with the list price, newest first."""
    rows = Submission.objects.second_clips().select_related("job__prompt", "job__author", "provider")
    found = list(rows.order_by("-answered_at", "-pk")[:50])
    prices = list_prices([row.job for row in found])
    return [(row, prices.get(row.job.pk, "")) for row in found]


def list_prices(jobs: Sequence[Job]) -> dict[int, str]:
    """What a clip like each job's costs by its provider's list, by the job's pk; nothing where none is known."""
    models = {(job.provider_id, job.model) for job in jobs}
    rows = ModelCombination.objects.filter(
        model__provider__in={pk for pk, _ in models if pk}, model__slug__in={slug for _, slug in models}, price__gt=0
    )
    known: dict[tuple[int | None, str, str, int, str], ModelCombination] = {
        (row.model.provider_id, row.model.slug, row.aspect_ratio, row.seconds, row.quality): row
        for row in rows.select_related("model")
    }
    found = {
        job.pk: known.get((job.provider_id, job.model, job.aspect_ratio, job.seconds, job.quality)) for job in jobs
    }
    return {pk: f"{row.model.currency} {plain(row.price)}".strip() for pk, row in found.items() if row and row.price}


def _case(job: Job, price: str) -> Case:
    latest = next(reversed(job.submissions.all()), None)
    rows = list(latest.candidates.all()) if latest else []
    return Case(job, latest, rows, price, _doing(latest))


def _doing(submission: Submission | None) -> str:
    """What the portal does about it by itself."""
    if submission is None:
        return _("Nothing is written down about its sending, so there is nothing to ask for.")
    provider = submission.provider
    if provider is None:
        return _("Its provider was removed, so nobody can be asked.")
    if not lives_there(submission, provider):
        return _("The provider's address was changed after this was sent, so it cannot be asked.")
    if provider.paused_reason:
        return _("The provider is paused: the portal asks nothing by itself until it is resumed.")
    if timezone.now() - submission.sent_at > LOOKED_FOR:
        return _("It was sent more than {hours} hours ago: the portal no longer looks by itself.").format(hours=HOURS)
    if not issubclass(DIALECTS.get(submission.job.dialect, object), Lists):
        return str(NO_LIST if callbacks_off(provider) else CALLS_ONLY)
    if provider.list_trouble:
        return _("This server has no list of jobs: {why}").format(why=told(provider.list_trouble))
    said = _("The portal looks through the provider's list by itself, for {hours} hours after the sending.")
    return said.format(hours=HOURS)
