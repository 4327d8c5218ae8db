"""Finding lost jobs in the provider's own list. It never guesses between two."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Cause, DialectError, Listed, Lists, Misconfigured, NotKnown, Refused
from generations.dialects import DIALECTS
from generations.models import Candidate, Provider, Source, Submission
from generations.services.asking import EVERYTHING, Shelf, in_words
from generations.services.health import answered
from generations.services.reconcile import IdTaken, settle
from generations.services.speaking import NotSpoken, dialect_of
from generations.services.unsettled import lives_there, on_their_way, waiting

log = logging.getLogger(__name__)

OFTEN, SELDOM = timedelta(seconds=30), timedelta(minutes=10)
OFF = timedelta(days=1)  # for a server that has no list
BEFORE, AFTER = 60.0, 600.0  # seconds around the sending in which the job was made, by the provider's clock
SOON = 10  # seconds between two lists that callers may ask for
SHOWN = 5  # candidates that are kept for one submission
FOUND_IN = {
    Source.WEBHOOK: gettext_noop("In a signed webhook of the account: {remote_id}"),
    Source.LIST: gettext_noop("In the provider's list: {remote_id}"),
}
NO_LIST = (Cause.PAGE, Cause.PATH)


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """One account whose list is to be asked for now, back to `since` (unix seconds)."""

    provider: Provider
    dialect: Lists
    since: float


def due() -> list[ListQuestion]:
    """Accounts with something unsettled whose list may be asked for now, claimed. Paused ones are left alone."""
    by_provider: dict[int, list[Submission]] = defaultdict(list)
    for submission in waiting():
        if submission.provider and lives_there(submission, submission.provider):
            by_provider[submission.provider.pk].append(submission)
    questions = [_claimed(lost) for lost in by_provider.values()]
    return [question for question in questions if question]


def question_of(submission: Submission) -> ListQuestion | None:
    """The list that may hold this submission's job, because a person wants to know; None where there is none."""
    provider = submission.provider
    if provider is None or not lives_there(submission, provider):
        return None
    return _question(provider, [submission])


def ask_soon(provider: Provider) -> bool:
    """Ask for the list at the next round. False when this account has none, as far as is known."""
    if provider.list_trouble or not issubclass(DIALECTS.get(provider.dialect, object), Lists):
        return False
    # A caller who repeats itself must not make us ask without end.
    if cache.add(f"list-soon:{provider.pk}", True, SOON):
        Provider.objects.filter(pk=provider.pk, list_trouble="").update(list_next_at=timezone.now())
    return True


def keep_list(question: ListQuestion, result: Shelf | DialectError) -> None:
    """What the list came to: jobs found again, candidates for a person, or no list for a day."""
    provider = question.provider
    if isinstance(result, DialectError) and means_no_list(result):
        # It speaks the dialect without this part: neither ill nor in need of an admin.
        off = {"list_next_at": timezone.now() + OFF, "list_trouble": result.detail[:300]}
        Provider.objects.filter(pk=provider.pk).update(**off)
        log.info("%s has no list of jobs: %s", provider, result.detail)
        return
    answered(provider.pk, [result if isinstance(result, DialectError) else None])
    if isinstance(result, Shelf):
        Provider.objects.filter(pk=provider.pk).exclude(list_trouble="").update(list_trouble="")
        consider(provider, question.dialect, result.jobs, since=result.since)


def consider(
    provider: Provider,
    dialect: Lists,
    listed: Sequence[Listed],
    since: float = EVERYTHING,
    source: Source = Source.LIST,
    adopt: bool = True,
) -> None:
    """Adopt where one job fits one submission only and the other way round; else keep what fits for a person.

    `since`: the list is complete back to then (unix seconds). A POST on its way is a rival, too.
    """
    lost = [one for one in waiting() if one.provider_id == provider.pk and lives_there(one, provider)]
    coming = on_their_way(provider)
    taken = _taken(provider, listed)
    free = [job for job in listed if job.remote_id not in taken]
    fitting = [(sent, job) for sent in (*lost, *coming) for job in free if _fits(sent, job, dialect)]
    by_sent, by_job = Counter(sent.pk for sent, _ in fitting), Counter(job.remote_id for _, job in fitting)
    may_wait = {sent.pk for sent in coming}
    for sent, job in fitting:
        if sent.pk in may_wait:
            continue
        alone = by_sent[sent.pk] == by_job[job.remote_id] == 1 and sent.sent_at.timestamp() - BEFORE >= since
        if not (adopt and alone and _adopted(sent, job, source)):
            _show(sent, job, source)


def _adopted(sent: Submission, job: Listed, source: Source) -> bool:
    try:
        settle(sent.pk, job.remote_id, FOUND_IN[source])
    except IdTaken as error:
        log.info("submission %s: %s", sent, error)
        return False
    return True


def _show(sent: Submission, job: Listed, source: Source) -> None:
    """Keep it for a person, with what was said of it."""
    said = in_words(job)
    if Candidate.objects.filter(submission=sent, remote_id=job.remote_id).update(said=said):
        return
    if sent.provider and sent.candidates.count() < SHOWN:
        row = Candidate(
            provider=sent.provider, submission=sent, remote_id=job.remote_id, source=source,
            heard_at=timezone.now(), said=said,
        )  # fmt: skip
        Candidate.objects.bulk_create([row], ignore_conflicts=True)


def _fits(sent: Submission, job: Listed, dialect: Lists) -> bool:
    if job.created_at is None:
        return False
    at = sent.sent_at.timestamp()
    return at - BEFORE <= job.created_at <= at + AFTER and dialect.may_come_from(job, sent.job.request)


def _taken(provider: Provider, listed: Sequence[Listed]) -> set[str]:
    ids = [job.remote_id for job in listed]
    return set(Submission.objects.filter(provider=provider, remote_id__in=ids).values_list("remote_id", flat=True))


def means_no_list(error: DialectError) -> bool:
    """True when a server answers that it has no such thing as a list."""
    return isinstance(error, NotKnown | Refused) or (isinstance(error, Misconfigured) and error.cause in NO_LIST)


def _claimed(lost: Sequence[Submission]) -> ListQuestion | None:
    """Moving the time is winning the question: two engines ask once."""
    provider, now = lost[0].provider, timezone.now()
    if provider is None or provider.paused_reason or provider.is_quiet:
        return None
    if provider.list_next_at and provider.list_next_at > now:
        return None
    question = _question(provider, lost)
    asked = Provider.objects.filter(pk=provider.pk, list_next_at=provider.list_next_at)
    return question if question and asked.update(list_next_at=now + _pause(lost, now)) else None


def _question(provider: Provider, lost: Sequence[Submission]) -> ListQuestion | None:
    try:
        dialect = dialect_of(provider)
    except NotSpoken:
        return None
    earliest = min(one.sent_at for one in lost).timestamp() - BEFORE
    return ListQuestion(provider, dialect, earliest) if isinstance(dialect, Lists) else None


def _pause(lost: Sequence[Submission], now: datetime) -> timedelta:
    """Half a minute for a fresh loss, more with age."""
    return min(max(OFTEN, (now - max(one.sent_at for one in lost)) / 10), SELDOM)
