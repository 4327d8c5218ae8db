"""Ids that somebody named for a request whose answer never came: kept as a hint, asked about, adopted or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.contract import Dialect, DialectError, Lists, NotKnown
from generations.dialects import DIALECTS
from generations.models import LOOKED_FOR, Candidate, Provider, Source, Submission
from generations.services import listing
from generations.services.asking import Told, in_words
from generations.services.health import answered
from generations.services.reconcile import IdTaken, settle
from generations.services.speaking import NotSpoken, dialect_of
from generations.services.unsettled import is_under_way, lives_there, waiting
from generations.wire.reading import ID_LIMIT

MOST = 5  # of one submission; the first ones are kept
MOST_OF_ACCOUNT = 20
LEASE = timedelta(seconds=20)  # longer than a question may take, so that nobody else asks it meanwhile
AFTER_LIST = timedelta(seconds=15)
UNKNOWN_TRIES = 3
SLOWEST = timedelta(minutes=10)
NOT_KNOWN = gettext_noop("The provider does not know it.")
MOVED = gettext_noop("The provider's address was changed after this was sent.")
NAMED_BY = {
    Source.CALLBACK: gettext_noop("Named by its own callback: {remote_id}"),
    Source.WEBHOOK: gettext_noop("Named by a signed webhook of the account: {remote_id}"),
    Source.LIST: gettext_noop("Named by the provider's list: {remote_id}"),
}
OTHER_VIDEO = gettext_noop("The provider says it is another video: {facts}.")


@dataclass(frozen=True, slots=True)
class Question:
    """One candidate to be asked about now."""

    candidate: Candidate
    provider: Provider
    dialect: Dialect


def keep_called(submission: Submission, remote_id: str) -> bool:
    """A caller who knows the submission's token named this id. False when it is not kept."""
    if submission.provider is None or not _is_storable(remote_id):
        return False
    with transaction.atomic():
        held = Submission.objects.select_for_update(of=("self",), no_key=True).get(pk=submission.pk)
        listed = held.candidates.filter(remote_id=remote_id, source=Source.LIST)
        if listed.update(source=Source.CALLBACK, next_try_at=timezone.now()):
            return True  # one of several that fit: now it is told which
        if held.remote_id or held.candidates.count() >= MOST:
            return False
        _, is_new = Candidate.objects.get_or_create(
            submission=held, remote_id=remote_id,
            defaults={
                "provider": submission.provider, "source": Source.CALLBACK,
                "heard_at": timezone.now(), "next_try_at": timezone.now(),
            },
        )  # fmt: skip
    return is_new


def keep_of_account(provider: Provider, remote_id: str) -> bool:
    """The account's own signed call named an id that none of our submissions has. False when it is not kept."""
    mine = Candidate.objects.filter(provider=provider, submission=None)
    waits = [one for one in waiting() if one.provider_id == provider.pk]
    compares = issubclass(DIALECTS.get(provider.dialect, Dialect), Lists)
    if not (waits and compares and _is_storable(remote_id)) or mine.count() >= MOST_OF_ACCOUNT:
        return False
    if Submission.objects.filter(provider=provider, remote_id=remote_id).exists():
        return False
    now = timezone.now()
    # The list shows rivals, one answer does not: where there is a list it goes first.
    asked_soon = listing.ask_soon(provider)
    row = Candidate(
        provider=provider, remote_id=remote_id, source=Source.WEBHOOK, heard_at=now,
        next_try_at=now + AFTER_LIST if asked_soon else now,
    )  # fmt: skip
    Candidate.objects.bulk_create([row], ignore_conflicts=True)
    return True


def due(limit: int = 32) -> list[Question]:
    """Candidates to be asked about now, claimed for a while; none of a provider that is paused or wants quiet."""
    now = timezone.now()
    rows = Candidate.objects.filter(next_try_at__lte=now, provider__paused_reason="", heard_at__gt=now - LOOKED_FOR)
    rows = rows.exclude(provider__quiet_until__gt=now)
    rows = rows.select_related("provider", "submission__job__prompt", "submission__provider")
    return [question for row in rows.order_by("next_try_at")[:limit] if _claimed(row, now) and (question := _of(row))]


def questions_of(submission: Submission) -> list[Question]:
    """Every id named for this submission, to be asked about at once because a person wants to know."""
    rows = submission.candidates.select_related("provider", "submission__job__prompt")
    return [question for row in rows if (question := _of(row))]


def keep_told(question: Question, result: Told | DialectError) -> None:
    """What the provider said of a candidate: adopted, asked again later, or dropped."""
    error = result if isinstance(result, DialectError) else None
    answered(question.provider.pk, [error])
    if isinstance(result, DialectError):
        _not_told(question.candidate, result)
    elif question.candidate.submission is None:
        _of_the_account(question, result)
    else:
        _of_a_submission(question, question.candidate.submission, result)


def _of(row: Candidate) -> Question | None:
    """What can be asked about this row; None when there is nothing to ask, now or ever."""
    sent = row.submission
    if sent and sent.remote_id:
        row.delete()
        return None
    if sent and is_under_way(sent):
        return None  # its own answer may still come
    if sent and not lives_there(sent, row.provider):
        _stop(row, MOVED)
        return None
    try:
        return Question(row, row.provider, dialect_of(row.provider, sent.job.dialect if sent else ""))
    except NotSpoken as error:
        _stop(row, str(error))
        return None


def _of_a_submission(question: Question, submission: Submission, told: Told) -> None:
    row, dialect = question.candidate, question.dialect
    if told.listed and isinstance(dialect, Lists) and not dialect.may_come_from(told.listed, submission.job.request):
        _stop(row, OTHER_VIDEO.format(facts=in_words(told)))
        return
    if row.source == Source.LIST:  # one of several that fit: shown, never taken by itself
        Candidate.objects.filter(pk=row.pk).update(said=in_words(told))
        return
    try:
        settle(submission.pk, row.remote_id, NAMED_BY[Source(row.source)])
    except IdTaken as taken:
        _stop(row, str(taken))


def _of_the_account(question: Question, told: Told) -> None:
    """Whose it is only the list's rules can tell. Where a list works it knew better: then this is for a person."""
    dialect, row = question.dialect, question.candidate
    if told.listed and isinstance(dialect, Lists):
        alone = bool(question.provider.list_trouble)
        listing.consider(question.provider, dialect, [told.listed], source=Source.WEBHOOK, adopt=alone)
    Candidate.objects.filter(pk=row.pk).delete()


def _not_told(row: Candidate, error: DialectError) -> None:
    row.tries += 1
    if isinstance(error, NotKnown) and row.tries >= UNKNOWN_TRIES:
        if row.submission is None:
            Candidate.objects.filter(pk=row.pk).delete()
        else:
            _stop(row, NOT_KNOWN)
        return
    pause = min(timedelta(seconds=3) * 4 ** min(row.tries, 6), SLOWEST)
    again = timezone.now() + pause if row.next_try_at else None
    Candidate.objects.filter(pk=row.pk).update(tries=row.tries, said=error.detail[:300], next_try_at=again)


def _stop(row: Candidate, said: str) -> None:
    Candidate.objects.filter(pk=row.pk).update(next_try_at=None, tries=row.tries, said=said[:300])


def _claimed(row: Candidate, now: datetime) -> bool:
    """Moving the time is winning the question: two engines ask once."""
    return bool(Candidate.objects.filter(pk=row.pk, next_try_at=row.next_try_at).update(next_try_at=now + LEASE))


def _is_storable(remote_id: str) -> bool:
    return 0 < len(remote_id) <= ID_LIMIT
