"""A large library to measure with, written in bulk: prompts, jobs, clips, tags, favourites, and the words of all."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from generations.models import Favourite, Job, JobTag, JobWords, Output, Prompt, PromptWords, Provider, State, Tag, User
from generations.models.prompt import text_hash
from generations.services.providers import add_provider
from generations.services.tokens import index_text

BATCH = 5000
AUTHORS, PROVIDERS, TAGS = 40, 6, 200
UNFINISHED = 2000  # only among so many of the newest jobs some are running yet
SYLLABLES = [a + b for a in "bdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
VOCABULARY = list(dict.fromkeys("".join(random.Random(n).choices(SYLLABLES, k=1 + n % 4)) for n in range(1, 40_000)))
"""From the most common word to the rarest."""
RARE, COMMON, CHINESE = "zyzzyva", VOCABULARY[0], "雨夜"
STATES = [State.DONE] * 80 + [State.FAILED] * 12 + [State.CANCELLED] * 6 + [State.RUNNING, State.UNKNOWN]
SHAPES = [("16:9", 1280, 720, "landscape")] * 6 + [("9:16", 720, 1280, "portrait")] * 3 + [("1:1", 720, 720, "square")]
MODELS = ["sora-2"] * 19 + ["sora-2-pro"]
HAN = [chr(0x4E00 + 7 * n) for n in range(1500)]


def fill(jobs: int) -> None:
    """As many jobs, about three from each prompt, one a minute up to now; one in ten is private."""
    dice = random.Random(42)
    people = [_person(number) for number in range(AUTHORS)]
    providers = [_provider(number) for number in range(PROVIDERS)]
    tags = Tag.objects.bulk_create([Tag(name=f"tag {number}") for number in range(TAGS)])
    with transaction.atomic():
        _without_triggers()
        texts = list(islice(_texts(dice), max(1, jobs // 3)))
        words = [index_text([text]) for text in texts]
        _write(Prompt, _prompts(texts, people))
        _write(PromptWords, ({"prompt_id": n, "words": each} for n, each in enumerate(words, 1)))
        tagged = _tagged(dice, jobs, tags)
        _write(Job, _jobs(dice, jobs, len(texts), people, providers))
        _write(JobTag, ({"id": n, "job_id": job, "tag_id": tag.pk} for n, (job, tag) in enumerate(tagged.items(), 1)))
        _write(JobWords, _job_words(dice, jobs, words, tagged))
        _write(Output, ({"id": n, "job_id": n} for n in _done(jobs)))
        marked = range(1, jobs + 1, 150)
        _write(Favourite, ({"id": n, "user_id": people[0].pk, "job_id": job} for n, job in enumerate(marked, 1)))
        _with_triggers()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does within a minute


def _person(number: int) -> User:
    return User.objects.create(email=f"p{number}@example.org", name=f"Person {number}")  # a password would take long


def _provider(number: int) -> Provider:
    return add_provider(f"Studio {number}", "openai_videos", f"https://{number}.example.com", "sk-bench-0123456789")


def _texts(dice: random.Random) -> Iterator[str]:
    """Words as people use them: few very often, most hardly ever. One text in ten is Chinese."""
    weights = list(accumulate(1 / n for n in range(1, len(VOCABULARY) + 1)))
    while True:
        if dice.random() < 0.1:
            yield "".join(dice.choices(HAN, k=30)) + (CHINESE if dice.random() < 0.02 else "") + str(dice.random())
        else:
            rare = f" {RARE}" if dice.random() < 0.0002 else ""
            yield " ".join(dice.choices(VOCABULARY, cum_weights=weights, k=25)) + f"{rare} {dice.random()}"


def _prompts(texts: Sequence[str], people: Sequence[User]) -> Iterator[dict[str, Any]]:
    start = timezone.now() - timedelta(minutes=3 * len(texts))
    for number, text in enumerate(texts, 1):
        at, author = start + timedelta(minutes=3 * number), people[number % len(people)]
        yield {
            "id": number, "text": text, "text_hash": text_hash(text), "author_id": author.pk, "created_at": at,
            "last_run_at": at,
        }  # fmt: skip


def _jobs(
    dice: random.Random, jobs: int, prompts: int, people: Sequence[User], providers: Sequence[Provider]
) -> Iterator[dict[str, Any]]:
    start = timezone.now() - timedelta(minutes=jobs)
    by_author = list(accumulate(1 / n for n in range(1, AUTHORS + 1)))
    for number in range(1, jobs + 1):
        at, provider = start + timedelta(minutes=number), providers[number % 7 % PROVIDERS]
        ratio, width, height, orientation = dice.choice(SHAPES)
        state = STATES[number % len(STATES)]
        if state == State.RUNNING and number < jobs - UNFINISHED:
            state = State.FAILED
        author = dice.choices(people, cum_weights=by_author)[0]
        yield {
            "id": number, "key": UUID(int=dice.getrandbits(128)), "author_id": author.pk,
            "prompt_id": min(prompts, 1 + number // 3), "visibility": "me" if dice.random() < 0.1 else "team",
            "provider_id": provider.pk, "provider_name": provider.name, "dialect": provider.dialect,
            "model": dice.choice(MODELS), "aspect_ratio": ratio, "width": width, "height": height,
            "orientation": orientation, "seconds": dice.choice((4, 4, 8, 8, 8, 8, 12)), "state": state,
            "state_since": at, "created_at": at, "compose_token": str(number),
            "cover_id": number if state == State.DONE else None,
        }  # fmt: skip


def _done(jobs: int) -> Iterator[int]:
    return (number for number in range(1, jobs + 1) if STATES[number % len(STATES)] == State.DONE)


def _tagged(dice: random.Random, jobs: int, tags: Sequence[Tag]) -> dict[int, Tag]:
    weights = list(accumulate(1 / n for n in range(1, len(tags) + 1)))
    return {job: dice.choices(tags, cum_weights=weights)[0] for job in range(1, jobs + 1) if job % 6 == 0}


def _job_words(
    dice: random.Random, jobs: int, words: Sequence[str], tagged: dict[int, Tag]
) -> Iterator[dict[str, Any]]:
    for number in range(1, jobs + 1):
        text = words[min(len(words), 1 + number // 3) - 1]
        more = f" tag {tagged[number].name[4:]}" if number in tagged else ""
        yield {"job_id": number, "words": text + more}


USUAL: dict[type[models.Model], dict[str, Any]] = {
    Output: {
        "remote_url": "https://files.example.com/clip.mp4",
        "clip": "c.mp4",
        "poster": "p.webp",
        "size": 1000,
        "stored_at": timezone.now(),
        "duration": 8.0,
    },
}


def _write(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Rows that say only what is not the model's default."""
    now = timezone.now()
    fields = model._meta.concrete_fields
    usual = {f.attname: f.get_default() for f in fields}
    usual |= {f.attname: now for f in fields if isinstance(f, models.DateTimeField) and not f.null}
    usual |= USUAL.get(model, {})
    plain = {
        f.attname: f.get_db_prep_save(usual[f.attname], connection) for f in fields if usual[f.attname] is not None
    }
    names, lines = [f.attname for f in fields], iter(rows)
    while some := list(islice(lines, BATCH)):
        stored = (plain | {name: _stored(value) for name, value in row.items()} for row in some)
        _insert(model, [[row.get(name) for name in names] for row in stored])


def _stored(value: Any) -> Any:
    """As this database keeps it; Django's own conversion takes longer than writing the row."""
    if connection.vendor == "sqlite" and isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return value.hex if connection.vendor == "sqlite" and isinstance(value, UUID) else value


def _insert(model: type[models.Model], values: list[list[Any]]) -> None:
    table = f'"{model._meta.db_table}"'
    columns = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def _without_triggers() -> None:
    """SQLite's index is made at the end, in one go."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            SAVED[:] = cursor.fetchall()
            for name, _ in SAVED:
                cursor.execute(f"DROP TRIGGER {name}")


def _with_triggers() -> None:
    with connection.cursor() as cursor:
        for name, sql in SAVED:
            cursor.execute(sql)
            if name.endswith("_added"):
                index = name.replace("_added", "_fts")
                cursor.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")


SAVED: list[tuple[str, str]] = []
