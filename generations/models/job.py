"""One asked-for video and its life. The row is the truth; the queue is a wake-up call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Exists, F, OuterRef, Q, Subquery, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generations.contract import Cause, GenerationRequest
from generations.models.reference import Fit
from generations.models.states import ACTIVE, LOOKED_FOR, Derived, Orientation, State, Verdict, Visibility
from generations.models.submission import Submission

if TYPE_CHECKING:
    from generations.models.approval import Approval
    from generations.models.output import Output
    from generations.models.pick import Pick
    from generations.models.user import User
    from generations.models.watch import Watch


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        """Jobs whose text and clip this user may see: the team's, and his own."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(author=user))

    def to_judge(self, user: User) -> JobQuerySet:
        """Those that await approval, for whoever decides: text and image of private ones too, only as long as that."""
        waiting = self.filter(state=State.AWAITING_APPROVAL)
        return waiting if user.is_reviewer else waiting.none()

    def on_the_shelf(self) -> JobQuerySet:
        """Those the lists show: neither in the trash nor removed for good."""
        return self.filter(trashed_at=None, purged_at=None)

    def in_trash_of(self, user: User) -> JobQuerySet:
        """Those in the trash that this user may take out again: his own while he may create, for admins all."""
        trashed = self.filter(trashed_at__isnull=False, purged_at=None)
        return trashed if user.is_admin else trashed.filter(author=user) if user.can_create else trashed.none()

    def for_cards(self, user: User | None = None) -> JobQuerySet:
        """With everything one card shows, in one query. `charged` is the latest submission's, None without one.

        `is_favourite` is this user's own mark.
        """
        latest = Submission.objects.filter(job=OuterRef("pk")).order_by("-number")
        rows = self.select_related("author", "prompt", "provider", "watch", "cover", "pick", "trashed_by", "approval")
        return rows.annotate(charged=Subquery(latest.values("charged")[:1]), is_favourite=_marked_by(user))

    def newest_first(self) -> JobQuerySet:
        return self.order_by("-created_at", "-pk")


def _marked_by(user: User | None) -> Exists | Value:
    if user is None:
        return Value(False, output_field=BooleanField())
    marks = apps.get_model("generations", "Favourite")._default_manager
    return Exists(marks.filter(job=OuterRef("pk"), user=user))


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
    model = models.CharField(_("wire model id"), max_length=120)
    aspect_ratio = models.CharField(max_length=8)
    seconds = models.PositiveIntegerField()
    quality = models.CharField(max_length=20, blank=True, default="")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    # For the lists: what width, height and aspect ratio come to. Empty where they do not say.
    orientation = models.CharField(
        max_length=9, choices=Orientation, blank=True, default="", db_default="", editable=False
    )
    options = models.JSONField(default=dict, blank=True)
    reference = models.ForeignKey("generations.Reference", models.PROTECT, related_name="jobs", null=True, blank=True)
    reference_fit = models.CharField(max_length=4, choices=Fit, blank=True, default="")
    derived_from = models.ForeignKey("self", models.SET_NULL, related_name="derived", null=True, blank=True)
    derived_as = models.CharField(max_length=5, choices=Derived, blank=True, default="")
    # Where the provider itself remixes a clip of its own: that clip's remote id, and the address that knows it.
    remix_of = models.CharField(max_length=300, blank=True, default="", editable=False)
    remix_origin = models.CharField(max_length=300, blank=True, default="", editable=False)

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    state_since = models.DateTimeField()
    reason = models.TextField(blank=True, default="")
    cause = models.CharField(max_length=20, default=Cause.OTHER.value, db_default=Cause.OTHER.value, editable=False)
    rev = models.PositiveIntegerField(default=1)
    token = models.UUIDField(null=True, editable=False)
    origin = models.CharField(max_length=300, blank=True, default="", editable=False)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_asked = models.BooleanField(default=False)
    # The latest of its reviews; empty while nobody judged its clip.
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default="", db_default="", editable=False)
    cover = models.OneToOneField("generations.Output", models.SET_NULL, related_name="+", null=True, editable=False)

    compose_token = models.CharField(max_length=64, editable=False)
    take = models.PositiveSmallIntegerField(default=1, editable=False)
    takes = models.PositiveSmallIntegerField(default=1, editable=False, help_text=_("How many were asked for at once."))
    list_price = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, editable=False, help_text=_("By the list, when it was asked for.")
    )
    currency = models.CharField(max_length=12, blank=True, default="", editable=False)
    # In the portal's currency: what one unit of the price was worth, and what the job was expected to cost.
    rate = models.DecimalField(max_digits=18, decimal_places=9, null=True, editable=False)
    estimate = models.DecimalField(max_digits=18, decimal_places=6, null=True, editable=False)
    month = models.DateField(null=True, editable=False, help_text=_("The month that pays: its first day."))
    # The number of its latest submission, or of the one to come while it waits.
    attempt = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rendered_in = models.FloatField(null=True, blank=True, editable=False, help_text=_("Seconds at the provider."))

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
            models.Index(fields=["state", "created_at", "id"], name="job_of_state"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            # A list that is narrowed by one of these begins with the newest that fits, however few or many do.
            models.Index(fields=["author", "-created_at", "-id"], name="job_of_author"),
            models.Index(fields=["provider", "-created_at", "-id"], name="job_of_provider"),
            models.Index(fields=["model", "-created_at", "-id"], name="job_of_model"),
            models.Index(fields=["orientation", "-created_at", "-id"], name="job_of_orientation"),
            models.Index(fields=["seconds", "-created_at", "-id"], name="job_of_seconds"),
            models.Index(fields=["state", "verdict", "-created_at", "-id"], name="job_of_verdict"),
            # What staff look at: clips to review and what failed, without all that was ever trashed; ends of orders.
            models.Index(
                fields=["state", "verdict", "-created_at", "-id"],
                condition=Q(trashed_at=None, purged_at=None),
                name="job_to_review",
            ),
            models.Index(fields=["-estimate", "-id"], condition=Q(estimate__isnull=False), name="job_dearest"),
            models.Index(fields=["-rendered_in", "-id"], condition=Q(rendered_in__isnull=False), name="job_slowest"),
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

    def is_legible_to(self, user: User) -> bool:
        """The same, and the rule of `JobQuerySet.to_judge`: whoever decides about it reads its text meanwhile."""
        return self.is_visible_to(user) or (user.is_reviewer and self.state == State.AWAITING_APPROVAL)

    def move(self, to: State, where: Mapping[str, object], **changes: Any) -> bool:
        """Take the job to its next state, unless somebody else moved it first or the token is not ours.

        Called by services/advance.py only, which knows the moves there are.
        """
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
    def asked(self) -> Approval | None:
        """What a person was asked to approve; None of a job that needed nobody."""
        return getattr(self, "approval", None)

    @property
    def winner(self) -> Pick | None:
        """Who called it the winner and when; None when nobody did."""
        return getattr(self, "pick", None)

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
        return revision(self.rev, watch.rev if watch else None, output.rev if output else None, self.place)


def revision(job: int, watch: int | None, output: int | None, place: int) -> str:
    """A card's revision, of its rows' own ones; None where there is no such row."""
    return f"{job}.{watch or 0}.{output or 0}.{place}"


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
