"""What people do with a prompt itself: name, love, rate, pin, save it. Who may see it is asked before."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import RATING_MOST, TITLE_LIMIT, Prompt, PromptMark, User, Visibility
from generations.models.prompt import text_hash
from generations.services.audit import note
from generations.services.compose import PROMPT_LIMIT, tidied
from generations.services.figures import recount
from generations.services.notes import NotNoted
from generations.services.search import index_prompt
from generations.services.variables import is_template
from generations.services.wording import too_long

PINS_MOST = 12


def may_name(prompt: Prompt, user: User) -> bool:
    """Who wrote it first, and staff; of a private prompt its owner alone, whom others never get here."""
    return prompt.erased_at is None and (user.is_reviewer or (prompt.author_id == user.pk and user.can_create))


def may_pin(prompt: Prompt, user: User) -> bool:
    """Staff, for the whole team; so nothing private."""
    return user.is_reviewer and prompt.owner_id is None and prompt.erased_at is None


def name(prompt: Prompt, user: User, title: str) -> None:
    """Give it a title, or none; where it was written by somebody else the audit says so. Raises NotNoted."""
    title = " ".join(title.replace("\x00", "").split())
    if len(title) > TITLE_LIMIT:
        raise NotNoted(too_long(title, TITLE_LIMIT))
    with transaction.atomic():
        changed = Prompt.objects.filter(pk=prompt.pk, erased_at=None).exclude(title=title).update(title=title)
        # The words are not written down: the audit keeps them for ever, and a title may have to be erased.
        if changed:
            index_prompt(prompt.pk)
        if changed and prompt.author_id != user.pk:
            note(user, gettext_noop("prompt renamed"), subject(prompt))


def mark(prompt: Prompt, user: User, on: bool) -> None:
    """Make it one of this user's favourites, or no longer; the same wish twice changes nothing."""
    PromptMark.objects.update_or_create(prompt=prompt, user=user, defaults={"favourite": on})


def rate(prompt: Prompt, user: User, stars: int | None) -> None:
    """This user's 1 to 5 stars, or none any more; the last ones count. Raises NotNoted."""
    if stars is not None and not 1 <= stars <= RATING_MOST:
        raise NotNoted(_("Choose 1 to {most} stars.").format(most=RATING_MOST))
    with transaction.atomic():
        # Held before the mark hangs on it, or whoever erases it meanwhile and this one could wait for each other.
        Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
        PromptMark.objects.update_or_create(prompt=prompt, user=user, defaults={"rating": stars})
        recount(prompt.pk)


def pin(prompt: Prompt, user: User, on: bool) -> None:
    """Show it above the team's list, or no longer. Raises NotNoted when there are enough already."""
    rows = Prompt.objects.filter(pk=prompt.pk, pinned_at__isnull=on, owner=None)
    if on and Prompt.objects.filter(pinned_at__isnull=False).exclude(pk=prompt.pk).count() >= PINS_MOST:
        raise NotNoted(_("{most} prompts are pinned already. Unpin one first.").format(most=PINS_MOST))
    with transaction.atomic():
        if rows.update(pinned_at=timezone.now() if on else None, pinned_by=user if on else None):
            note(user, gettext_noop("prompt pinned") if on else gettext_noop("prompt unpinned"), subject(prompt))


def save(author: User, title: str, text: str, visibility: Visibility) -> Prompt:
    """Keep a text without running it; one that is there already is that one. Raises NotNoted."""
    text = tidied(text)
    title = " ".join(title.replace("\x00", "").split())
    if not text:
        raise NotNoted(_("Write a prompt first."))
    for words, limit in ((text, PROMPT_LIMIT), (title, TITLE_LIMIT)):
        if len(words) > limit:
            raise NotNoted(too_long(words, limit))
    now = timezone.now()
    new = {"text": text, "title": title, "author": author, "last_run_at": now, "is_template": is_template(text)}
    with transaction.atomic():
        prompt, is_new = Prompt.objects.update_or_create(
            text_hash=text_hash(text),
            owner=author if visibility == Visibility.ME else None,
            defaults={"saved_at": now},
            create_defaults=new | {"saved_at": now},
        )
        if is_new:
            index_prompt(prompt.pk)
    return prompt


def subject(prompt: Prompt) -> str:
    """How the audit names it: without its words, which may have to be erased."""
    return f"Prompt {prompt.pk}"
