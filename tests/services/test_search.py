"""Search by words: what is found, in every script, on both databases; and that the index follows what is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generations.models import Comment, Job, JobWords, Prompt, PromptWords, Provider, User
from generations.services import notes
from generations.services.compose import Ask, compose
from generations.services.history import history
from generations.services.search import has_words, index_prompt, jobs_with, prompts_with
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]


def found(text: str) -> set[str]:
    return {job.prompt.text for job in jobs_with(Job.objects.select_related("prompt"), text)}


TEXTS = [
    "A red fox wakes in Crème-white snow",
    "Foxes & hounds: 'NEAR' the 100% \"quoted\" barn",
    "雨夜の街、ネオンが光る",
    "昼の街",
    "서울의 밤",
    "Портрет водопада",
    "sora2 test_clip v1.5",
    "بُسْتان",
]


@pytest.fixture
def texts(make_job: MakeJob) -> list[str]:
    for text in TEXTS:
        make_job(text=text)
    return TEXTS


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("fox", {0, 1}),
        ("FOX Wakes", {0}),
        ("wakes fox", {0}),
        ("ox", set()),
        ("creme", {0}),
        ("CRÈME", {0}),
        ("snow fox nothing", set()),
        ("街", {2, 3}),
        ("の", {2, 3}),
        ("雨夜", {2}),
        ("の街", {2, 3}),
        ("雨夜の街", {2}),
        ("夜街", set()),
        ("ネオン", {2}),
        ("ﾈｵﾝ", {2}),
        ("街 光", {2}),
        ("밤", {4}),
        ("서울", {4}),
        ("водоп", {5}),
        ("ПОРТРЕТ", {5}),
        ("بستان", {7}),
        ("sora", {6}),
        ("sora2", {6}),
        ("v1.5", {6}),
        ("clip", {6}),
    ],
)
def test_words_are_found_in_every_script(texts: list[str], query: str, numbers: set[int]) -> None:
    assert found(query) == {texts[number] for number in numbers}
    prompts = prompts_with(Prompt.objects.all(), query)
    assert set(prompts.values_list("text", flat=True)) == {texts[number] for number in numbers}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ('"quoted"', {1}),
        ("'near'", {1}),
        ("near(fox)", {1}),
        ("fox*", {0, 1}),
        ("fo%", {0, 1}),
        ("f_x", set()),
        ("fox OR 昼", set()),
        ("-fox", {0, 1}),
        ("fox & !hounds", {1}),
        ("words:fox", set()),
        ("^fox", {0, 1}),
        ("fox\\", {0, 1}),
        ("fox'; DROP TABLE x; --", set()),
        ("fox:*A", {0}),
    ],
)
def test_operators_are_data(texts: list[str], query: str, numbers: set[int]) -> None:
    assert found(query) == {texts[number] for number in numbers}


@pytest.mark.parametrize("query", ["", "   ", "*", '"', "'", "()", "%", "🎬", "-- ;", "\x00"])
def test_without_a_word_nothing_is_found(texts: list[str], query: str) -> None:
    assert not has_words(query)
    assert found(query) == set()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_typed_is_an_answer(texts: list[str], query: str) -> None:
    assert found(query) <= set(texts)
    assert set(texts) >= found("fox " + query)


@pytest.mark.parametrize("text", [*TEXTS, "𠮷野家 ไทยแลนด์", "İstanbul ǅ ﬃ Ⅷ"])
def test_a_text_is_found_by_itself(make_job: MakeJob, text: str) -> None:
    make_job(text=text)
    assert found(text) == {text}


def test_a_search_composes_with_who_may_see_what(make_job: MakeJob, member: User, stranger: User) -> None:
    make_job(text="A fox of the team")
    make_job(text="A fox of mine", visibility="me")
    for user, count in ((member, 2), (stranger, 1)):
        assert jobs_with(Job.objects.visible_to(user), "fox").count() == count
        assert jobs_with(Job.objects.all(), "fox").visible_to(user).count() == count
        assert prompts_with(Prompt.objects.visible_to(user), "fox").count() == count
        assert prompts_with(history(user), "fox").count() == count


def test_a_composed_job_is_found_at_once(provider: Provider, member: User) -> None:
    ask = Ask("A heron lands", provider.pk, "sora2-landscape-8s", "key", takes=2)
    jobs = compose(member, ask).jobs
    assert set(jobs_with(Job.objects.all(), "heron")) == set(jobs)
    assert {job.orientation for job in jobs} == {"landscape"}
    assert prompts_with(Prompt.objects.all(), "heron land").get() == jobs[0].prompt
    again = compose(member, Ask("A heron lands", provider.pk, "sora2-landscape-8s", "other")).job
    assert jobs_with(Job.objects.all(), "heron").count() == 3
    assert again.prompt == jobs[0].prompt


def test_tags_and_comments_are_found_until_they_are_removed(make_job: MakeJob, member: User) -> None:
    job, other = make_job(text="A fox"), make_job(text="A hound")
    notes.add_tag(job, member, "Season 2")
    said = notes.comment(job, member, "太暗了")
    assert list(jobs_with(Job.objects.all(), "season fox 太暗")) == [job]
    notes.remove_tag(job, "season 2")
    assert not jobs_with(Job.objects.all(), "season").exists()
    assert list(jobs_with(Job.objects.all(), "暗")) == [job]
    notes.remove_comment(said, member)
    assert not jobs_with(Job.objects.all(), "暗").exists()
    assert list(jobs_with(Job.objects.all(), "hound")) == [other]
    assert not prompts_with(Prompt.objects.all(), "暗").exists()


def test_a_changed_prompt_changes_what_its_jobs_are_found_by(make_job: MakeJob) -> None:
    jobs = [make_job(text="A fox"), make_job(text="A fox")]
    Prompt.objects.update(text="A wolf")
    index_prompt(jobs[0].prompt_id)
    assert found("fox") == set()
    assert set(jobs_with(Job.objects.all(), "wolf")) == set(jobs)
    assert prompts_with(Prompt.objects.all(), "wolf").exists()


def test_a_removed_row_leaves_the_index(make_job: MakeJob) -> None:
    job = make_job(text="A fox")
    kept = make_job(text="A fox")
    JobWords.objects.filter(pk=job.pk).delete()
    assert list(jobs_with(Job.objects.all(), "fox")) == [kept]
    PromptWords.objects.all().delete()
    assert not prompts_with(Prompt.objects.all(), "fox").exists()


def test_very_much_talk_is_kept_within_bounds(make_job: MakeJob, member: User) -> None:
    job = make_job(text="A fox")
    for number in range(120):
        text = "".join(chr(0x4E00 + (number * 997 + n * 13) % 20_000) for n in range(1900))
        Comment.objects.create(job=job, author=member, text=text)
    notes.comment(job, member, "the last word")
    assert list(jobs_with(Job.objects.all(), "fox last word")) == [job]


@pytest.mark.django_db(transaction=True)
def test_two_comments_at_the_same_moment_are_both_found(make_job: MakeJob, member: User) -> None:
    job = make_job(text="A fox")
    words = [f"word{number}" for number in range(6)]
    race(*(partial(notes.comment, job, member, word) for word in words))
    assert list(jobs_with(Job.objects.all(), " ".join(words))) == [job]
