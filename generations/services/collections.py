"""Collections: made, named, filled and emptied. Who may do which is a queryset of theirs."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import (
    COLLECTION_NAME_LIMIT,
    FOLDED_LIMIT,
    Collection,
    CollectionItem,
    Job,
    User,
    Visibility,
    folded,
)
from generations.services.audit import note
from generations.services.wording import too_long


class NotCollected(Exception):
    """It cannot be done; the text says why."""


def collections_of(user: User) -> QuerySet[Collection]:
    """What this user may see, by name. `clips` counts the jobs in each that he may see, too."""
    seen = Job.objects.visible_to(user).on_the_shelf().order_by().filter(collections=OuterRef("pk"))
    count = seen.values("collections").annotate(n=Count("pk")).values("n")
    clips = Coalesce(Subquery(count, output_field=IntegerField()), Value(0))
    return Collection.objects.visible_to(user).select_related("author").annotate(clips=clips)


def beside(job: Job, user: User) -> tuple[QuerySet[Collection], QuerySet[Collection]]:
    """The collections this job is in, and those this user could put it into."""
    holds = CollectionItem.objects.filter(collection=OuterRef("pk"), job=job)
    seen = Collection.objects.visible_to(user)
    return seen.filter(Exists(holds)), Collection.objects.filled_by(user).exclude(Exists(holds))


def make(user: User, name: str, visibility: str) -> Collection:
    """A new, empty one. Raises NotCollected."""
    if visibility not in Visibility.values:
        raise NotCollected(_("Choose who sees it."))
    return _saved(Collection(author=user, visibility=visibility), name)


def chosen(user: User, named: str) -> Collection:
    """The one of this key, if the user may fill it. Raises NotCollected."""
    if not named:
        raise NotCollected(_("Choose a collection first."))
    found = Collection.objects.filled_by(user).filter(pk=named).first() if named.isdecimal() else None
    if found is None:
        raise NotCollected(_("This collection is gone."))
    return found


def make_for(user: User, name: str, keys: Many[UUID]) -> Collection:
    """A new one for these jobs: the team's, but of private jobs alone a private one. Raises NotCollected."""
    seen = set(Job.objects.visible_to(user).filter(key__in=keys).values_list("visibility", flat=True))
    return make(user, name, Visibility.ME if seen == {Visibility.ME} else Visibility.TEAM)


@transaction.atomic
def rename(collection: Collection, name: str, actor: User) -> None:
    """Call it something else. Raises NotCollected."""
    before = collection.name
    _saved(collection, name)
    if collection.author_id != actor.pk:
        note(actor, gettext_noop("collection renamed"), collection.name, {"name": (before, collection.name)})


@transaction.atomic
def remove(collection: Collection, actor: User) -> None:
    """Forget the collection; its clips stay where they are."""
    if collection.author_id != actor.pk:
        note(actor, gettext_noop("collection deleted"), collection.name)
    collection.delete()


def put(collection: Collection, jobs: Iterable[Job], user: User) -> int:
    """Add what is not in it yet; how many came."""
    before = collection.items.count()
    items = (CollectionItem(collection=collection, job=job, added_by=user) for job in jobs)
    CollectionItem.objects.bulk_create(items, ignore_conflicts=True)
    return collection.items.count() - before


def take_out(collection: Collection, jobs: Iterable[Job]) -> int:
    """Take them out of it; how many were in it."""
    return CollectionItem.objects.filter(collection=collection, job__in=[job.pk for job in jobs]).delete()[0]


def _saved(collection: Collection, name: str) -> Collection:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise NotCollected(_("Give it a name."))
    if len(name) > COLLECTION_NAME_LIMIT:
        raise NotCollected(too_long(name, COLLECTION_NAME_LIMIT))
    collection.name, collection.folded = name, folded(name)
    if len(collection.folded) > FOLDED_LIMIT:
        raise NotCollected(too_long(collection.folded, FOLDED_LIMIT))
    try:
        with transaction.atomic():
            collection.save()
    except IntegrityError as error:
        raise NotCollected(_("There is a collection of that name already.")) from error
    return collection
