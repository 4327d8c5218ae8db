"""What people add to a clip, and the tags of clips and prompts. Who may see them is asked before."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Manager
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import (
    COMMENT_LIMIT,
    TAG_LIMIT,
    Comment,
    Favourite,
    Job,
    JobTag,
    Prompt,
    PromptTag,
    Tag,
    User,
    folded,
)
from generations.services.audit import job_subject, note
from generations.services.search import index_job, index_prompt
from generations.services.wording import too_long

TAGS_MOST = 20


class NotNoted(Exception):
    """It cannot be added; the text says why."""


def mark(job: Job, user: User, on: bool) -> None:
    """Make it one of this user's favourites, or no longer; the same wish twice changes nothing."""
    if on:
        Favourite.objects.get_or_create(user=user, job=job)
    else:
        Favourite.objects.filter(user=user, job=job).delete()


def add_tag(worn_by: Job | Prompt, user: User, typed: str) -> None:
    """Put a tag on a clip or a prompt, if it is not there yet. Raises NotNoted."""
    name = tag_name(typed)
    worn = tags_on(worn_by)
    if worn.count() >= TAGS_MOST:
        raise NotNoted(_("{most} tags are enough. Remove one first.").format(most=TAGS_MOST))
    with transaction.atomic():
        worn.get_or_create(tag=_held(name), defaults={"added_by": user})
        _index(worn_by)


def remove_tag(worn_by: Job | Prompt, typed: str) -> None:
    """Take a tag off it. One that nothing wears any more is forgotten."""
    name = _spelled(typed)
    with transaction.atomic():
        tags_on(worn_by).filter(tag__name=name).delete()
        forget_unworn(name)
        _index(worn_by)


def tag_name(typed: str) -> str:
    """The tag that somebody typed, as tags are written. Raises NotNoted."""
    name = _spelled(typed)
    if not name:
        raise NotNoted(_("Write a tag first."))
    if len(name) > TAG_LIMIT:
        raise NotNoted(too_long(name, TAG_LIMIT))
    return name


def tags_on(worn_by: Job | Prompt) -> Manager[JobTag] | Manager[PromptTag]:
    """The rows that say which tags it wears."""
    return worn_by.job_tags if isinstance(worn_by, Job) else worn_by.prompt_tags


def forget_unworn(name: str) -> None:
    """A word that no job and no prompt wears is nobody's business any more. In the transaction that took it off."""
    for tag in Tag.objects.select_for_update(no_key=True).filter(name=name):
        Tag.objects.filter(pk=tag.pk, job_tags=None, prompt_tags=None).delete()


def _spelled(typed: str) -> str:
    return folded(typed.replace("\x00", ""))


def _held(name: str) -> Tag:
    """The tag of this name, made if need be, and held: whoever forgets it meanwhile waits, and finds it worn."""
    same = ["name"]
    (tag,) = Tag.objects.bulk_create([Tag(name=name)], update_conflicts=True, unique_fields=same, update_fields=same)
    return tag


def _index(worn_by: Job | Prompt) -> None:
    if isinstance(worn_by, Job):
        index_job(worn_by.pk)
    else:
        index_prompt(worn_by.pk, alone=True)


def comment(job: Job, user: User, text: str, at: float | None = None) -> Comment:
    """Say something of the clip, at a moment of it or at none. Raises NotNoted."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise NotNoted(_("Write a comment first."))
    if len(text) > COMMENT_LIMIT:
        raise NotNoted(too_long(text, COMMENT_LIMIT))
    if problem := missed(job, at):
        raise NotNoted(problem)
    with transaction.atomic():
        said = Comment.objects.create(job=job, author=user, text=text, at=at)
        index_job(job.pk)
    return said


def missed(job: Job, at: float | None) -> str:
    """Why nothing can be pinned to this second; "" when it can, or when there is none."""
    if at is None or 0 <= at <= length_of(job):
        return ""
    said = _("The clip has no moment at {at} s. It runs {length} s.")
    return said.format(at=f"{at:g}", length=f"{length_of(job):g}")


def moment(seconds: float) -> str:
    """As a player shows it, and the tenth where there is one: 2.5 -> 0:02.5, 83 -> 1:23."""
    tenths = int(seconds * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest // 10:02}" + (f".{rest % 10}" if rest % 10 else "")


def length_of(job: Job) -> float:
    """Seconds of the clip, as asked for while there is none."""
    return (job.cover.duration if job.cover else None) or float(job.seconds)


def may_remove(said: Comment, user: User) -> bool:
    """Its author, and admins."""
    return said.author_id == user.pk or user.is_admin


def remove_comment(said: Comment, user: User) -> None:
    """Delete it; where it was somebody else's the audit says so."""
    with transaction.atomic():
        said.delete()
        index_job(said.job_id)
        if said.author_id != user.pk:
            note(user, gettext_noop("comment deleted"), job_subject(said.job))
