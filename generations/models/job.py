"""One asked-for video and its life. The row is the truth; the queue is a wake-up call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse

from generations.contract import GenerationRequest
from generations.models.states import ACTIVE, MOVES, State, Visibility
from generations.models.submission import Submission

if TYPE_CHECKING:
    from generations.models.output import Output
    from generations.models.user import User
    from generations.models.watch import Watch


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        """Jobs whose text and clip this user may see: the team's, and his own."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(author=user))

    def for_cards(self) -> JobQuerySet:
        """With everything one card shows, in one query. `charged` is the latest submission's, None without one."""
        latest = Submission.objects.filter(job=OuterRef("pk")).order_by("-number")
        rows = self.select_related("author", "prompt", "provider", "watch", "cover")
        return rows.annotate(charged=Subquery(latest.values("charged")[:1]))

    def newest_first(self) -> JobQuerySet:
        return self.order_by("-created_at", "-pk")


class Job(models.Model):
    """One asked-for video. `key` names it outside, `pk` inside."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    prompt = models.ForeignKey("generations.Prompt", models.PROTECT, related_name="jobs")
    visibility = models.CharField(max_length=4, choices=Visibility, default=Visibility.TEAM)

    # Frozen when asked for: a changed setting never redirects a job.
    provider = models.ForeignKey("generations.Provider", models.SET_NULL, related_name="jobs", null=True)
    provider_name = models.CharField(max_length=60)
    dialect = models.CharField(max_length=40)
    model = models.CharField("wire model id", max_length=120)
    aspect_ratio = models.CharField(max_length=8)
    seconds = models.PositiveIntegerField()
    quality = models.CharField(max_length=20, blank=True, default="")

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    state_since = models.DateTimeField()
    reason = models.TextField(blank=True, default="")
    rev = models.PositiveIntegerField(default=1)
    token = models.UUIDField(null=True, editable=False)
    origin = models.CharField(max_length=300, blank=True, default="", editable=False)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_asked = models.BooleanField(default=False)
    cover = models.OneToOneField("generations.Output", models.SET_NULL, related_name="+", null=True, editable=False)

    compose_token = models.CharField(max_length=64, editable=False)
    take = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "compose_token", "take"], name="job_once_per_compose_token")
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="job_by_state"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["author", "-created_at"], name="job_by_author"),
        ]

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.key])

    def is_visible_to(self, user: User) -> bool:
        """The rule of `JobQuerySet.visible_to` for a job at hand: may this user see its text and clip?"""
        return self.visibility == Visibility.TEAM or self.author_id == user.pk

    def move(self, to: State, where: Mapping[str, object], **changes: Any) -> bool:
        """Take the job to its next state, unless somebody else moved it first or the token is not ours.

        Called by services/advance.py only.
        """
        if to not in MOVES[State(self.state)]:
            raise ValueError(f"A {self.state} job cannot become {to}.")
        changes |= {"state": to, "rev": F("rev") + 1}
        return bool(Job.objects.filter(pk=self.pk, state=self.state, **where).update(**changes))

    @property
    def request(self) -> GenerationRequest:
        """What a dialect is asked to build, from the frozen columns."""
        return GenerationRequest(self.prompt.text, self.model, self.aspect_ratio, self.seconds, self.quality)

    @property
    def is_active(self) -> bool:
        """True while the job changes by itself, so that its card keeps asking."""
        return self.state in ACTIVE

    @property
    def watched(self) -> Watch | None:
        return getattr(self, "watch", None)

    @property
    def clip(self) -> Output | None:
        """The cover, once its file is kept."""
        return self.cover if self.cover and self.cover.is_stored else None

    @property
    def revision(self) -> str:
        """Changes whenever a card would look different: state, the provider's progress, bytes saved."""
        watch, output = self.watched, self.cover
        return f"{self.rev}.{watch.rev if watch else 0}.{output.rev if output else 0}"


class JobEvent(models.Model):
    """One line of a job's timeline. `note` is for everyone who may see the job, `detail` for staff."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State)
    note = models.TextField(blank=True, default="")
    detail = models.TextField(blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.state}, {self.at:%Y-%m-%d %H:%M:%S}"
