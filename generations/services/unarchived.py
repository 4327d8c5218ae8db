"""Files that are not kept: what staff see of them, and what an admin may decide."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from generations.models import Output, User
from generations.models.output import OutputQuerySet
from generations.services.afterwards import afterwards
from generations.services.audit import job_subject, note
from generations.services.keeping import finish
from generations.services.kick import kick_archive
from generations.services.room import is_full


def unarchived(*, settled: bool = False) -> OutputQuerySet:
    """Files without our copy: given up first, then by when their links end. `settled` ones only when asked for."""
    rows = Output.objects.filter(stored_at=None, settled_by__isnull=not settled, job__purged_at=None)
    order = F("abandoned_at").desc(nulls_last=True), F("expires_at").asc(nulls_last=True), "asked_at", "pk"
    return rows.order_by(*order).select_related("job__author", "job__prompt", "job__provider", "settled_by")


def needing_a_person() -> int:
    """How many things only a person can settle: files given up, and a full disk."""
    return Output.objects.needing_a_person().count() + is_full()


def try_again(output: Output, actor: User) -> bool:
    """Start over with this file, whatever came of it before; False when it is being copied now, or kept, or removed."""
    now = timezone.now()
    idle = Q(lease_until=None) | Q(lease_until__lt=now)
    with transaction.atomic():
        rows = Output.objects.filter(idle, pk=output.pk, stored_at=None, job__purged_at=None)
        if not rows.update(
            abandoned_at=None, settled_by=None, faults=0, asked_at=now, next_try_at=now, rev=F("rev") + 1
        ):
            return False
        note(actor, gettext_noop("copy tried again"), job_subject(output.job), {"trouble": (output.sentence, "")})
        afterwards(kick_archive, output.pk)
    return True


def give_up(output: Output, actor: User) -> bool:
    """Let the job end without our copy; False when somebody settled it before, or it is kept by now."""
    with transaction.atomic():
        rows = Output.objects.filter(pk=output.pk, stored_at=None, settled_by=None)
        # A worker that is at it loses its lease, and with it the right to write anything.
        over = {"abandoned_at": Coalesce("abandoned_at", Now()), "settled_by": actor}
        if not rows.update(lease=None, lease_until=None, rev=F("rev") + 1, **over):
            return False
        note(actor, gettext_noop("copy given up"), job_subject(output.job), {"trouble": (output.sentence, "")})
        finish(output)
    return True
