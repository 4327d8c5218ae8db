"""Accounts at gateways, the models they offer and what may be asked of each."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.contract import Combination, Delivery
from generations.models.access import Limited, usable_by
from generations.models.fields import EncryptedTextField
from generations.models.user import User

FAILURES_OPEN = 5  # calls in a row that failed, and nothing gets through any more
PROBE_AFTER = 2  # creates in a row that failed; from then on one job at a time is tried, until one gets through


def new_webhook_token() -> str:
    """A name nobody guesses for the address a provider's own webhooks come to."""
    return secrets.token_urlsafe(32)


class ProviderQuerySet(models.QuerySet["Provider"]):
    def offered(self) -> ProviderQuerySet:
        """Providers a member may choose, best first: real ones before the sandbox."""
        return self.filter(enabled=True).order_by("is_sandbox", "name")

    def usable_by(self, user: User) -> ProviderQuerySet:
        """Those that this user may ask for clips. Some of their models may be for fewer people."""
        return usable_by(self, user)

    def accepting(self, now: object) -> ProviderQuerySet:
        """Providers a job may be sent to at `now`."""
        return self.filter(Q(cooling_until=None) | Q(cooling_until__lte=now), enabled=True, paused_reason="")


class Provider(Limited):
    """One configured account at a gateway. Its key and extra headers are written, never read back."""

    name = models.CharField(max_length=60, unique=True)
    dialect = models.CharField(max_length=40)
    preset = models.CharField(max_length=40, blank=True, default="", editable=False)
    base_url = models.CharField(_("base URL"), max_length=500, validators=[URLValidator(["http", "https"])])
    key = EncryptedTextField(_("key"), blank=True, editable=False)
    headers_json = EncryptedTextField(_("extra headers"), blank=True, default="", editable=False)
    webhook_secret = EncryptedTextField(_("signing secret"), blank=True, default="", editable=False)
    webhook_token = models.CharField(max_length=64, unique=True, default=new_webhook_token, editable=False)
    create_path = models.CharField(_("create path"), max_length=200, blank=True, default="")
    query_path = models.CharField(_("query path"), max_length=200, blank=True, default="")
    allow_private = models.BooleanField(
        _("allow a private address"),
        default=False,
        help_text=_("Only for exactly the scheme, host and port of the base URL. Plain http needs it too."),
    )
    in_flight = models.PositiveIntegerField(
        _("jobs in flight"), default=4, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    submits_per_minute = models.PositiveIntegerField(
        _("submits a minute"), default=0, validators=[MaxValueValidator(6000)], help_text=_("0 means no limit.")
    )
    poll_interval = models.FloatField(
        _("seconds between looks"), default=5.0, validators=[MinValueValidator(0.2), MaxValueValidator(600)]
    )
    delivery = models.CharField(
        _("reference images"),
        max_length=10,
        choices=[(d.value, d.name.lower()) for d in Delivery],
        blank=True,
        default="",
    )
    callbacks = models.BooleanField(
        _("callbacks"), default=True, help_text=_("Let it call the portal when a job moves on.")
    )
    enabled = models.BooleanField(default=True)
    is_sandbox = models.BooleanField(default=False, editable=False)
    paused_reason = models.TextField(blank=True, default="", editable=False)
    paused_by_hand = models.BooleanField(default=False, editable=False)
    cooling_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(blank=True, default="", editable=False)
    failures_in_row = models.PositiveIntegerField(default=0, editable=False)
    quiet_until = models.DateTimeField(null=True, blank=True, editable=False)
    submit_failures = models.PositiveIntegerField(default=0, editable=False)
    list_next_at = models.DateTimeField(null=True, blank=True, editable=False)
    list_trouble = models.TextField(blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL: the only place its key is sent to."""
        parts = urlsplit(self.base_url.lower())
        usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
        return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"

    @property
    def waiting(self) -> str:
        """Why a job sent there would wait until somebody does something, for members; empty when it would not."""
        return gettext("waiting: the provider needs an admin") if self.paused_reason else ""

    @property
    def slow_down(self) -> str:
        """Why a job waits there although nobody need do anything, for members; empty when nothing is wrong."""
        if self.is_cooling:
            said = gettext("Waiting: {provider} takes nothing just now. It is tried again soon.")
        else:
            said = gettext("Waiting: {provider} is tried with one job first.") if self.is_probed else ""
        return said.format(provider=self.name)

    @property
    def headers(self) -> dict[str, str]:
        """Extra headers sent with every call to its own origin, secrets like the key."""
        return dict(json.loads(self.headers_json)) if self.headers_json else {}

    @property
    def is_failing(self) -> bool:
        """True while call after call fails: the circuit is open."""
        return self.failures_in_row >= FAILURES_OPEN

    @property
    def is_probed(self) -> bool:
        """True while only one job at a time is tried there: the last ones did not get through, or a pause has ended."""
        return self.submit_failures >= PROBE_AFTER

    @property
    def is_quiet(self) -> bool:
        """True while it is asked nothing: it wished so, or nothing gets through."""
        return self.quiet_until is not None and self.quiet_until > timezone.now()

    @property
    def is_cooling(self) -> bool:
        """True while it is left alone because it asked for that."""
        return self.cooling_until is not None and self.cooling_until > timezone.now()

    @property
    def masked_key(self) -> str:
        return gettext("•••••••• (set)") if self.key else gettext("not set")


class ProviderHour(models.Model):
    """How many calls a provider answered within one hour, and how many went wrong. Kept for a day."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "hour"], name="provider_hour_once")]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.hour:%Y-%m-%d %H}: {self.errors}/{self.calls}"

    KEPT = timedelta(hours=24)


class VideoModelQuerySet(models.QuerySet["VideoModel"]):
    def usable_by(self, user: User) -> VideoModelQuerySet:
        """Those that this user may ask for, where he may use their provider too."""
        return usable_by(self, user)


class VideoModel(Limited):
    """One model a provider offers; `slug` is the provider's own wire id for it.

    `options` lists names of its dialect's options, `references` how many reference images it takes.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="models")
    slug = models.CharField(_("wire id"), max_length=120)
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True, default="")
    source = models.CharField(max_length=300, blank=True, default="", help_text=_("Where these facts come from."))
    from_catalogue = models.BooleanField(default=False, editable=False, help_text=_("Nobody edited these facts."))
    options = models.JSONField(default=list, blank=True)
    references = models.PositiveSmallIntegerField(
        _("reference images"),
        default=0,
        validators=[MaxValueValidator(4)],
        help_text=_("How many it takes; 0 for none."),
    )
    currency = models.CharField(max_length=12, blank=True, default="")
    price_note = models.CharField(max_length=300, blank=True, default="")
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = VideoModelQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "position", "slug"]
        constraints = [models.UniqueConstraint(fields=["provider", "slug"], name="videomodel_once_per_provider")]

    def __str__(self) -> str:
        return self.name


class ModelCombination(models.Model):
    """One legal set of choices for a model, filled from the dialect's catalogue, then the admin's."""

    model = models.ForeignKey(VideoModel, models.CASCADE, related_name="combinations")
    aspect_ratio = models.CharField(max_length=8)
    seconds = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(600)])
    quality = models.CharField(max_length=20, blank=True, default="")
    width = models.PositiveIntegerField(default=0, help_text=_("Output pixels; 0 when the provider is silent."))
    height = models.PositiveIntegerField(default=0)
    price = models.DecimalField(
        _("list price"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Of one clip, in the model's currency."),
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["model", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "aspect_ratio", "seconds", "quality"], name="combination_once_per_model"
            )
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.aspect_ratio, f"{self.seconds} s", self.quality]))

    def value(self) -> Combination:
        return Combination(self.aspect_ratio, self.seconds, self.quality, self.width, self.height, self.price)
