"""One asked-for video and its life. The row is the truth; the queue is a wake-up call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from generations.contract import GenerationRequest
from generations.models.reference import Fit
from generations.models.states import ACTIVE, LOOKED_FOR, MOVES, State, Visibility
from generations.models.submission import Submission

if TYPE_CHECKING:
    from generations.models.output import Output
    from generations.models.user import User
    from generations.models.watch import Watch


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        """Jobs whose text and clip this user may see: the team's, and his own."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(author=user))

    def on_the_shelf(self) -> JobQuerySet:
        """Those the lists show: neither in the trash nor removed for good."""
        return self.filter(trashed_at=None, purged_at=None)

    def in_trash_of(self, user: User) -> JobQuerySet:
        """Those in the trash that this user may take out again: his own while he may create, for admins all."""
        trashed = self.filter(trashed_at__isnull=False, purged_at=None)
        return trashed if user.is_admin else trashed.filter(author=user) if user.can_create else trashed.none()

    def for_cards(self) -> JobQuerySet:
        """With everything one card shows, in one query. `charged` is the latest submission's, None without one."""
        latest = Submission.objects.filter(job=OuterRef("pk")).order_by("-number")
        rows = self.select_related("author", "prompt", "provider", "watch", "cover", "trashed_by")
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
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    options = models.JSONField(default=dict, blank=True)
    reference = models.ForeignKey("generations.Reference", models.PROTECT, related_name="jobs", null=True, blank=True)
    reference_fit = models.CharField(max_length=4, choices=Fit, blank=True, default="")

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
    rendered_in = models.FloatField(null=True, blank=True, editable=False, help_text="Seconds at the provider.")

    trashed_at = models.DateTimeField(null=True, blank=True)
    trashed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()
    place = 0  # in the line of waiting jobs, where a page asked for it: services/line.py

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "compose_token", "take"], name="job_once_per_compose_token")
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="job_by_state"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["author", "-created_at"], name="job_by_author"),
            models.Index(fields=["provider", "state"], name="job_by_provider"),
            models.Index(
                fields=["provider", "model", "seconds", "-id"],
                condition=Q(rendered_in__isnull=False),
                name="job_render_times",
            ),
            models.Index(fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="job_in_trash"),
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
        """What a dialect is asked to build, from the frozen columns; the reference and the callback come later."""
        return GenerationRequest(
            self.prompt.text, self.model, self.aspect_ratio, self.seconds, self.quality,
            self.width, self.height, self.options,
        )  # fmt: skip

    @property
    def is_active(self) -> bool:
        """True while the job changes by itself, so that its card keeps asking."""
        return self.state in ACTIVE

    @property
    def keeps_asking(self) -> bool:
        """True while its card may change: one of unknown outcome may be found again for some hours."""
        is_lost = self.state == State.UNKNOWN and timezone.now() - self.state_since < LOOKED_FOR
        return self.is_active or is_lost

    @property
    def watched(self) -> Watch | None:
        return getattr(self, "watch", None)

    @property
    def clip(self) -> Output | None:
        """The cover, once its file is kept and until it is removed."""
        return self.cover if self.cover and self.cover.is_stored and not self.purged_at else None

    @property
    def is_on_the_shelf(self) -> bool:
        """Neither in the trash nor removed for good."""
        return self.trashed_at is None and self.purged_at is None

    @property
    def revision(self) -> str:
        """Changes whenever a card would look different: state, the provider's progress, bytes saved, place in line."""
        watch, output = self.watched, self.cover
        return f"{self.rev}.{watch.rev if watch else 0}.{output.rev if output else 0}.{self.place}"


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
