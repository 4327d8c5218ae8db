"""A large library to measure with, written in bulk: prompts, jobs, clips, tags, favourites, and the words of all.

What is common is a share of the library, what is rare a fixed number of rows all over it: so each page shows as many
clips of a thousand jobs as of a million, and the rare ones are looked for among ever more.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from generations.models import (
    Favourite,
    Job,
    JobTag,
    JobWords,
    Output,
    Prompt,
    PromptMark,
    PromptTag,
    PromptWords,
    Provider,
    Role,
    State,
    Tag,
    User,
    Verdict,
)
from generations.models.prompt import text_hash
from generations.services.figures import lower_bound
from generations.services.providers import add_provider
from generations.services.tokens import index_text
from tests.bench import books
from tests.bench.phrases import FEW, rarely, texts_of, zipf
from tests.bench.rows import with_triggers, without_triggers, write

AUTHORS, PROVIDERS, TAGS = 40, 6, 200
PINNED = 6
RARE_TAG = "hardly ever"
STATES = [State.DONE] * 82 + [State.FAILED] * 12 + [State.CANCELLED] * 6
SHAPES = [("16:9", 1280, 720, "landscape")] * 6 + [("9:16", 720, 1280, "portrait")] * 3 + [("1:1", 720, 720, "square")]
MODELS = ["sora-2"] * 19 + ["sora-2-pro"]


def fill(jobs: int) -> None:
    """As many jobs, about three from each prompt, one a minute up to now; one prompt in ten is private."""
    people = [_person(number) for number in range(AUTHORS + 2)]  # the last two did hardly anything, and nothing
    _person(AUTHORS + 2, Role.ADMIN)
    providers = [_provider(number) for number in range(PROVIDERS)]
    names = [RARE_TAG, *(f"tag {number}" for number in range(TAGS))]
    shelf = Shelf(jobs, people, providers, Tag.objects.bulk_create([Tag(name=name) for name in names]))
    with transaction.atomic():
        without_triggers()
        shelf.write()
        with_triggers()
        books.fill(shelf.made)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does within a minute


def _person(number: int, role: Role = Role.MEMBER) -> User:
    """Without a password, which would take long."""
    return User.objects.create(email=f"p{number}@example.org", name=f"Person {number}", role=role)


def _provider(number: int) -> Provider:
    return add_provider(f"Studio {number}", "openai_videos", f"https://{number}.example.com", "sk-bench-0123456789")


class Shelf:
    """All rows of a library. Numbers are primary keys, from 1."""

    def __init__(self, jobs: int, people: list[User], providers: list[Provider], tags: list[Tag]) -> None:
        self.dice, self.jobs, self.prompts = random.Random(42), jobs, max(1, jobs // 3)
        self.people, self.quiet, self.providers = people[:AUTHORS], people[AUTHORS], providers
        self.rare_tag, *self.tags = tags
        self.made: list[books.Made] = []
        self.start = timezone.now() - timedelta(minutes=jobs)
        self.weights = zipf(AUTHORS), zipf(TAGS)
        self.authors = [self._author(number, self.prompts) for number in range(1, self.prompts + 1)]

    def write(self) -> None:
        texts = list(texts_of(self.dice, self.prompts))
        words = [index_text([text]) for text in texts]
        worn, tagged = self._tagged(self.prompts, 8), self._tagged(self.jobs, 2)
        write(Prompt, self._prompts(texts))
        write(PromptTag, _tag_rows("prompt_id", worn))
        write(PromptMark, self._marks())
        write(
            PromptWords, ({"prompt_id": n, "words": _with_tags(each, worn.get(n))} for n, each in enumerate(words, 1))
        )
        write(Job, self._jobs())
        write(JobTag, _tag_rows("job_id", tagged))
        write(JobWords, self._job_words(words, tagged))
        write(Output, self._outputs())
        write(Favourite, self._favourites())

    def prompt_of(self, job: int) -> int:
        return min(self.prompts, 1 + job // 3)

    def is_private(self, prompt: int) -> bool:
        return prompt % 10 == 7

    def _author(self, number: int, of: int) -> User:
        dealt = self.dice.choices(self.people, cum_weights=self.weights[0])[0]
        return self.quiet if rarely(number, of, 2) else dealt

    def _prompts(self, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
        for number, text in enumerate(texts, 1):
            done, failed = self.dice.choice(((3, 0), (3, 0), (2, 1), (1, 2), (0, 3), (1, 0)))
            at, rated = self._at(3 * number), self.dice.random() < 0.2
            yield {
                "id": number, "text": text, "text_hash": text_hash(text), "author_id": self.authors[number - 1].pk,
                "owner_id": self.authors[number - 1].pk if self.is_private(number) else None,
                "created_at": at, "last_run_at": at, "runs": done + failed + self.dice.choice((0, 0, 0, 0, 1, 9)),
                "done": done, "failed": failed, "success": lower_bound(done, done + failed),
                "rating": self.dice.randint(2, 10) / 2 if rated else 0.0, "ratings": int(rated),
                "is_template": rarely(number, self.prompts, 3), "pinned_at": self._pinned(number),
            }  # fmt: skip

    def _pinned(self, prompt: int) -> datetime | None:
        is_pinned = rarely(prompt, self.prompts, 4, PINNED) and not self.is_private(prompt)
        return self._at(3 * prompt) if is_pinned else None

    def _marks(self) -> Iterator[dict[str, Any]]:
        """Each twentieth prompt is somebody's favourite, and few are the first person's."""
        for number in range(1, self.prompts + 1):
            if rarely(number, self.prompts, 5):
                yield {"id": 2 * number, "user_id": self.people[0].pk, "prompt_id": number, "favourite": True}
            if number % 20 == 0:
                yield {"id": 2 * number + 1, "user_id": self.people[1].pk, "prompt_id": number, "favourite": True}

    def _jobs(self) -> Iterator[dict[str, Any]]:
        """Two in three are run by who wrote the prompt."""
        for number in range(1, self.jobs + 1):
            prompt, at = self.prompt_of(number), self._at(number)
            private, writer = self.is_private(prompt), self.authors[prompt - 1]
            author = writer if private or number % 3 else self._author(number, self.jobs)
            ratio, width, height, orientation = self.dice.choice(SHAPES)
            provider, state = self.providers[number % 7 % PROVIDERS], self._state(number)
            seconds = self.dice.choice((4, 4, 8, 8, 8, 8, 12))
            self.made.append(made := books.Made(at, author.pk, provider.pk, seconds, state))
            yield {
                "id": number, "key": UUID(int=self.dice.getrandbits(128)), "author_id": author.pk, "prompt_id": prompt,
                "visibility": "me" if private else "team", "provider_id": provider.pk, "provider_name": provider.name,
                "dialect": provider.dialect, "model": self.dice.choice(MODELS), "aspect_ratio": ratio, "width": width,
                "height": height, "orientation": orientation, "seconds": seconds,
                "state": state, "state_since": at, "created_at": at, "compose_token": str(number),
                "cover_id": number if state == State.DONE else None, "verdict": self._verdict(number, state),
                **books.costs(made, self.dice),
            }  # fmt: skip

    def _state(self, job: int) -> State:
        if job > self.jobs - 500 and job % 50 == 0:
            return State.RUNNING
        if rarely(job, self.jobs, 8):
            return State.AWAITING_APPROVAL
        return State.UNKNOWN if rarely(job, self.jobs, 6) else STATES[job * 37 % len(STATES)]

    def _verdict(self, job: int, state: State) -> str:
        """Half of the clips wait for one, as in a team that reviews what it publishes."""
        if state != State.DONE or job % 2:
            return ""
        return Verdict.REJECTED if rarely(job, self.jobs, 10) else Verdict.APPROVED

    def _outputs(self) -> Iterator[dict[str, Any]]:
        """Few are not kept."""
        for number in range(1, self.jobs + 1):
            if self._state(number) == State.DONE:
                lost = {"stored_at": None, "abandoned_at": self._at(number)} if rarely(number, self.jobs, 9) else {}
                yield {"id": number, "job_id": number, **lost}

    def _at(self, minute: int) -> datetime:
        return self.start + timedelta(minutes=minute)

    def _tagged(self, rows: int, each: int) -> dict[int, Tag]:
        dealt = {n: self.dice.choices(self.tags, cum_weights=self.weights[1])[0] for n in range(each, rows + 1, each)}
        return dealt | {n: self.rare_tag for n in range(1, rows + 1) if rarely(n, rows, 7)}

    def _job_words(self, words: Sequence[str], tagged: dict[int, Tag]) -> Iterator[dict[str, Any]]:
        for number in range(1, self.jobs + 1):
            text = words[self.prompt_of(number) - 1]
            yield {"job_id": number, "words": _with_tags(text, tagged.get(number))}

    def _favourites(self) -> Iterator[dict[str, Any]]:
        marked = range(1, self.jobs + 1, min(150, self.jobs // FEW))
        return ({"id": n, "user_id": self.people[0].pk, "job_id": job} for n, job in enumerate(marked, 1))


def _with_tags(words: str, tag: Tag | None) -> str:
    return f"{words} {tag.name}" if tag else words


def _tag_rows(field: str, tagged: dict[int, Tag]) -> Iterator[dict[str, Any]]:
    return ({"id": n, field: row, "tag_id": tag.pk} for n, (row, tag) in enumerate(tagged.items(), 1))
