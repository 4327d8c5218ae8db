"""Tags of clips and prompts: added and taken off by several people at the same moment, and hostile names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generations.models import Job, Tag, User
from generations.services.notes import add_tag, remove_tag
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.services.helpers import race

pytestmark = [*BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]


@pytest.mark.django_db(transaction=True)
def test_the_last_wearer_leaves_a_tag_while_others_take_it_up(make_job: MakeJob, member: User, stranger: User) -> None:
    leaving, coming = make_job(text="A fox wakes"), make_job(text="A fox sleeps")
    for turn in range(8):
        add_tag(leaving, member, "desert")
        if turn:
            remove_tag(coming, "desert")
            remove_tag(coming.prompt, "desert")
        results = race(
            lambda: remove_tag(leaving, "desert"),
            lambda: add_tag(coming, stranger, "desert"),
            lambda: add_tag(coming.prompt, stranger, "desert"),
        )
        assert results == [None, None, None]
        tag = Tag.objects.get()
        assert (tag.job_tags.get().job, tag.prompt_tags.get().prompt) == (coming, coming.prompt)


def test_a_name_that_no_database_can_hold_takes_nothing_off(make_job: MakeJob, member: User) -> None:
    job = make_job()
    add_tag(job, member, "desert")
    add_tag(job.prompt, member, "desert")
    remove_tag(job, "de\x00sert ever")
    remove_tag(job.prompt, "\x00")
    assert Tag.objects.get().name == "desert"
    remove_tag(job, "\x00Desert")
    remove_tag(job.prompt, " DESERT ")
    assert not Tag.objects.exists()
