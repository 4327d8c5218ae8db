"""Looking for a lost job at once, because a person wants to know. It asks the provider and waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import DialectError, NeverHeard
from generations.models import Candidate, Job, Outcome, Provider, State, Submission, User
from generations.services import candidates, listing
from generations.services.asking import Shelf, Told, ask, ask_list
from generations.services.audit import job_subject, note
from generations.services.candidates import Question
from generations.services.listing import ListQuestion
from generations.services.reconcile import IdTaken, Settled, TooLate, live_submission, settle
from generations.services.speaking import NotSpoken, dialect_of
from generations.services.told import told as in_words
from generations.services.unsettled import lives_there
from generations.transport import Allowance, open_door

MOST = 15.0  # seconds a person waits
BY_HAND = gettext_noop("Adopted by hand: {remote_id}")
FOUND = gettext_noop("Found: the provider has it, and it renders again.")
CHOOSE = gettext_noop(
    "Not settled: more than one could be it, or the provider does not know it. Look at the ids below."
)
NOTHING = gettext_noop("Nothing found: the provider's list shows no job that fits.")
NO_WAY = gettext_noop(
    "Nothing to ask: no id was named, and this provider has no list. Look for it on the provider's own pages."
)

Answers = tuple[list[tuple[Question, Told | DialectError]], Shelf | DialectError | None]


class NotAdopted(Exception):
    """The id was not adopted; str() says why, `detail` is the provider's own words."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def look_again(job: Job, number: int, actor: User) -> str:
    """Ask about every id that was named, and the list; what came of it in a sentence. Raises TooLate, NotAdopted."""
    submission = live_submission(job, number)
    if submission is None or submission.provider is None:
        raise NotAdopted(_("Nothing is known of it that could be asked for."))
    _check_address(submission, submission.provider)
    questions, account = candidates.questions_of(submission), listing.question_of(submission)
    told, shelf = async_to_sync(_visit)(submission.provider, questions, account)
    for question, result in told:
        candidates.keep_told(question, result)
    if account and shelf:
        listing.keep_list(account, shelf)
    note(actor, gettext_noop("look for a lost job"), job_subject(job))
    return _in_a_sentence(job, submission, shelf)


def adopt(job: Job, number: int, remote_id: str, actor: User) -> None:
    """The job is the one the provider calls so, if the provider knows it. Raises TooLate, NotAdopted."""
    submission = live_submission(job, number)
    provider = submission.provider if submission else job.provider
    if provider is None:
        raise NotAdopted(_("Its provider was removed, so nobody can be asked."))
    if submission:
        _check_address(submission, provider)
    try:
        dialect = dialect_of(provider, job.dialect)
    except NotSpoken as error:
        raise NotAdopted(in_words(str(error))) from error
    told = async_to_sync(_ask_one)(provider, Question(Candidate(remote_id=remote_id), provider, dialect))
    if isinstance(told, DialectError):
        raise NotAdopted(in_words(str(told)), told.detail)
    with transaction.atomic():
        _settle(submission or _written_down(job, provider), remote_id, actor)
        note(actor, gettext_noop("adopt a remote id"), job_subject(job), {"remote id": ("", remote_id)})


def _settle(submission: Submission, remote_id: str, actor: User) -> None:
    try:
        settled = settle(submission.pk, remote_id, BY_HAND, actor)
    except IdTaken as error:
        raise NotAdopted(in_words(str(error))) from error
    if settled != Settled.RUNS:
        raise TooLate(_("Nothing was done: it was settled meanwhile. Reload the page to see it as it is now."))


def _written_down(job: Job, provider: Provider) -> Submission:
    """A submission for a job whose own one is lost: restored from a backup, say."""
    row = Submission.objects.create(
        job=job, number=1, provider=provider, lease_until=job.created_at, sent_at=job.created_at,
        outcome=Outcome.NEVER_HEARD,
    )  # fmt: skip
    mine = Job.objects.filter(pk=job.pk, state=State.UNKNOWN, token=None)
    if not mine.update(token=row.token, origin=provider.origin):
        raise TooLate(_("Nothing was done: it was settled meanwhile."))
    return row


def _check_address(submission: Submission, provider: Provider) -> None:
    if not lives_there(submission, provider):
        raise NotAdopted(_("The provider's address was changed after this was sent, so it cannot be asked."))


async def _ask_one(provider: Provider, question: Question) -> Told | DialectError:
    told, _ = await _visit(provider, [question], None)
    return told[0][1]


async def _visit(provider: Provider, questions: Sequence[Question], account: ListQuestion | None) -> Answers:
    """One visit within MOST seconds; what there was no time for was never heard."""
    late = NeverHeard(gettext_noop("The provider did not answer in time."))
    told: list[tuple[Question, Told | DialectError]] = []
    shelf: Shelf | DialectError | None = late if account else None
    allowance = Allowance(provider.origin if provider.allow_private else "")
    async with open_door(provider.base_url, allowance) as door:
        try:
            async with asyncio.timeout(MOST):
                for question in questions:
                    told.append((question, await ask(door, question.dialect, question.candidate.remote_id)))
                if account:
                    shelf = await ask_list(door, account.dialect, account.since)
        except TimeoutError:
            told += [(question, late) for question in questions[len(told) :]]
    return told, shelf


def _in_a_sentence(job: Job, submission: Submission, shelf: Shelf | DialectError | None) -> str:
    if Job.objects.filter(pk=job.pk).exclude(state=State.UNKNOWN).exists():
        return _(FOUND)
    if submission.candidates.exists():
        return _(CHOOSE)
    if isinstance(shelf, DialectError) and not listing.means_no_list(shelf):
        return _("The provider could not say: {why}").format(why=in_words(str(shelf)))
    return _(NOTHING) if isinstance(shelf, Shelf) else _(NO_WAY)
