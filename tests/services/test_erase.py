"""Erasing a prompt: nothing of its text is left in any column of any table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from generations.models import (
    AuditEntry,
    Delivery,
    Job,
    JobEvent,
    Notice,
    Output,
    Prompt,
    Provider,
    State,
    Submission,
    User,
    Watch,
    Webhook,
)
from generations.services.advance import advance
from generations.services.compose import Ask, compose
from generations.services.erase import erase, may_erase
from generations.services.notes import add_tag
from generations.services.prompts import name, pin, rate
from generations.services.submit import intend
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.services.helpers import named, race

pytestmark = [*BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]
SECRET = "hunter2-in-a-haystack"


def columns() -> Iterator[tuple[str, str]]:
    """Every column of the database that can hold words, of Django's and other apps' tables too."""
    here = connection.introspection.table_names()  # SQLite's index of words is not on PostgreSQL
    for model in (model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in here):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField):
                yield model._meta.db_table, str(field.column)


def left_of(secret: str) -> list[tuple[str, str]]:
    found = []
    with connection.cursor() as cursor:
        for table, column in columns():
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE CAST("{column}" AS text) LIKE %s', [f"%{secret}%"])
            found += [(table, column)] if cursor.fetchone() else []
    return found


def quoted_everywhere(make_job: MakeJob, member: User) -> Prompt:
    """A prompt that providers quote in every place where their words are kept."""
    text, said = f"The password is {SECRET}", f"HTTP 400: {SECRET} is not allowed"
    failed = make_job(State.FAILED, text, reason=said)
    running, copied = make_job(State.RUNNING, text), make_job(State.ARCHIVING, text)
    JobEvent.objects.update(note=said, detail=said)
    Submission.objects.update(detail=said)
    Watch.objects.update(trouble=said, word=SECRET)
    Output.objects.update(trouble=said)
    named(running, "gen_other", said=said)
    hook = Webhook.objects.create(name="Hook", url="https://hooks.example.com", result=said)
    notice = Notice.objects.create(job=failed, news="failed", reason=said, made_at=timezone.now())
    Delivery.objects.create(notice=notice, webhook=hook, trouble=said)
    name(copied.prompt, member, f"About {SECRET}")
    return copied.prompt


def test_nothing_of_the_text_is_left_in_any_table(make_job: MakeJob, member: User, admin: User) -> None:
    prompt = quoted_everywhere(make_job, member)
    add_tag(prompt, member, "desert")
    pin(prompt, admin, True)
    hashed = prompt.text_hash
    assert ("generations_prompt", "text") in left_of(SECRET)
    assert len(left_of(SECRET)) > 8, "the test looks where the words are"
    assert erase(prompt, admin)
    assert left_of(SECRET) == []
    assert left_of(SECRET.split("-")[0]) == []  # as the search keeps it
    assert left_of(hashed) == [], "a hash can be guessed"
    prompt.refresh_from_db()
    assert (prompt.erased_by, prompt.pinned_at, prompt.shown, prompt.runs) == (admin, None, "Erased", 3)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject, entry.actor) == ("prompt erased", f"Prompt {prompt.pk}", admin)
    assert not erase(prompt, admin)


def test_what_is_said_afterwards_is_not_kept_either(make_job: MakeJob, member: User) -> None:
    job = make_job(State.RUNNING, SECRET)
    erase(job.prompt, member)
    job = Job.objects.get()
    assert advance(job, State.FAILED, reason=f"Refused: {SECRET}", detail=f"HTTP 400: {SECRET}")
    assert left_of(SECRET) == []
    assert Prompt.objects.get().failed == 1


@pytest.mark.django_db(transaction=True)
def test_erasing_while_jobs_end_and_people_rate_and_ask_leaves_nothing_that_is_not_asked_anew(
    make_job: MakeJob, member: User, stranger: User, provider: Provider
) -> None:
    for turn in range(3):
        text = f"{SECRET} {turn}"
        job, prompt = make_job(State.RUNNING, text), make_job(State.QUEUED, text).prompt
        results = race(
            lambda prompt=prompt: erase(prompt, member),  # type: ignore[misc]
            lambda job=job: advance(job, State.FAILED, reason=SECRET, detail=SECRET),  # type: ignore[misc]
            lambda prompt=prompt: rate(prompt, stranger, 3),  # type: ignore[misc]
            lambda turn=turn: compose(stranger, Ask(SECRET, provider.pk, "sora2-landscape-8s", f"{turn}")),  # type: ignore[misc]
        )
        assert not [each for each in results if isinstance(each, Exception)]
        erase(Prompt.objects.get(text=SECRET), stranger)
        assert left_of(SECRET) == []
        prompt.refresh_from_db()
        assert (prompt.runs, prompt.failed, prompt.ratings) == (2, 1, 1)


def test_what_waits_is_cancelled_and_what_comes_back_is_not_sent(
    make_job: MakeJob, member: User, provider: Provider
) -> None:
    waits, sent = make_job(State.QUEUED, SECRET), make_job(State.SUBMITTING, SECRET)
    erase(waits.prompt, member)
    waits.refresh_from_db()
    assert (waits.state, waits.reason) == (State.CANCELLED, "Its prompt was erased before it was sent.")
    assert Job.objects.get(pk=sent.pk).cancel_asked
    Job.objects.filter(pk=sent.pk).update(state=State.QUEUED, cancel_asked=False)
    assert intend(sent.pk) is None
    assert Job.objects.get(pk=sent.pk).state == State.CANCELLED


def test_a_shared_text_is_erased_from_private_rows_too(
    make_job: MakeJob, member: User, stranger: User, admin: User
) -> None:
    shared, own = make_job(State.DONE, SECRET), make_job(State.DONE, SECRET, visibility="me")
    theirs = make_job(State.QUEUED, SECRET, visibility="me", author=stranger)
    assert erase(shared.prompt, admin)
    assert left_of(SECRET) == []
    theirs.refresh_from_db()
    assert (theirs.state, theirs.prompt.erased_by) == (State.CANCELLED, admin)
    told = [f"Prompt {row.pk}" for row in (shared.prompt, own.prompt, theirs.prompt)]
    entries = AuditEntry.objects.filter(action="prompt erased").order_by("pk")
    assert list(entries.values_list("subject", flat=True)) == told


def test_a_member_takes_nothing_away_that_others_keep_to_themselves(
    make_job: MakeJob, member: User, stranger: User
) -> None:
    shared, own = make_job(State.DONE, SECRET), make_job(State.DONE, SECRET, visibility="me")
    theirs = make_job(State.QUEUED, SECRET, visibility="me", author=stranger)
    assert erase(shared.prompt, member)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.prompt.text) == (State.QUEUED, SECRET)
    assert not Prompt.objects.filter(text=SECRET).exclude(pk=theirs.prompt.pk).exists()
    own.refresh_from_db()
    assert own.prompt.erased_by == member


def test_what_is_erased_from_a_private_row_stays_with_others_who_wrote_it_too(
    make_job: MakeJob, member: User, stranger: User, admin: User
) -> None:
    shared, own = make_job(State.DONE, SECRET), make_job(State.DONE, SECRET, visibility="me", author=stranger)
    private = make_job(State.DONE, SECRET, visibility="me")
    assert erase(own.prompt, stranger)
    assert set(Prompt.objects.filter(text=SECRET)) == {shared.prompt, private.prompt}
    make_job(State.DONE, SECRET, visibility="me", author=admin)
    assert erase(private.prompt, member), "it was shared by the same person"
    assert [row.owner for row in Prompt.objects.filter(text=SECRET)] == [admin]


def test_the_same_text_later_is_a_new_prompt(make_job: MakeJob, member: User, provider: Provider) -> None:
    old = make_job(State.DONE, SECRET).prompt
    erase(old, member)
    new = compose(member, Ask(SECRET, provider.pk, "sora2-landscape-8s", "key-1")).job.prompt
    new.refresh_from_db()
    assert new != old
    assert (new.text, new.runs) == (SECRET, 1)


def test_who_wrote_it_and_admins_may(
    make_job: MakeJob, member: User, stranger: User, reviewer: User, admin: User
) -> None:
    prompt = make_job().prompt
    make_job(author=stranger)
    people: dict[Any, bool] = {member: True, stranger: False, reviewer: False, admin: True}
    assert {user: may_erase(prompt, user) for user in people} == people
