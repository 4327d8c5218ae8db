"""Clips that belong together: a film, a client, a season."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from generations.models.job import Job
from generations.models.states import Visibility

if TYPE_CHECKING:
    from generations.models.user import User

COLLECTION_NAME_LIMIT = 60
FOLDED_LIMIT = 4 * COLLECTION_NAME_LIMIT


class CollectionQuerySet(models.QuerySet["Collection"]):
    def visible_to(self, user: User) -> CollectionQuerySet:
        """The team's, and the user's own."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(author=user))

    def filled_by(self, user: User) -> CollectionQuerySet:
        """Those this user may put clips into and take clips out of."""
        return self.visible_to(user) if user.can_create else self.none()

    def settled_by(self, user: User) -> CollectionQuerySet:
        """Those this user may rename and delete: his own, for admins the team's too."""
        mine = Q(author=user, visibility__in=Visibility.values) if user.can_create else Q(pk=None)
        return self.filter(mine | Q(visibility=Visibility.TEAM) if user.is_admin else mine)


class Collection(models.Model):
    """A named set of jobs. Who may see a job is the job's own matter, in a team's collection too."""

    name = models.CharField(max_length=COLLECTION_NAME_LIMIT)
    folded = models.CharField(max_length=FOLDED_LIMIT, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="collections")
    visibility = models.CharField(max_length=4, choices=Visibility, default=Visibility.TEAM)
    created_at = models.DateTimeField(auto_now_add=True)
    jobs = models.ManyToManyField(Job, through="CollectionItem", related_name="collections")

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = [F("folded").asc(), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["folded"], condition=Q(visibility=Visibility.TEAM), name="collection_once_in_the_team"
            ),
            models.UniqueConstraint(
                fields=["author", "folded"], condition=Q(visibility=Visibility.ME), name="collection_once_of_mine"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionItem(models.Model):
    """A job in a collection, and who put it there."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items")
    job = models.ForeignKey(Job, models.CASCADE, related_name="collection_items")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "job"], name="job_once_in_a_collection")]
        indexes = [models.Index(fields=["collection", "-job"], name="collection_newest")]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.job_id}"
