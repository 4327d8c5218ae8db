"""What a clip's file is called when somebody takes it away."""

from __future__ import annotations

from django.utils import timezone
from django.utils.text import slugify

from generations.models import Job

WORDS = 40  # characters of the prompt in a file's name


def plain_name(job: Job) -> str:
    """In letters that every system has."""
    return _name(job, slugify(job.prompt.text))


def own_name(job: Job) -> str:
    """In the prompt's own letters."""
    return _name(job, slugify(job.prompt.text, allow_unicode=True))


def _name(job: Job, words: str) -> str:
    """When, what, by which model, how long, which one: 2026-11-20-a-fox-wakes-sora-2-8s-1f2e3d4c.mp4."""
    made = timezone.localtime(job.created_at)
    parts = [f"{made:%Y-%m-%d}", words[:WORDS].strip("-"), slugify(job.model)[:WORDS], f"{job.seconds}s"]
    return "-".join(filter(None, [*parts, job.key.hex[:8]])) + ".mp4"
