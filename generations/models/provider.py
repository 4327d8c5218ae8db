"""Accounts at gateways, the models they offer and what may be asked of each."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q

from generations.contract import Combination
from generations.models.fields import EncryptedTextField


class ProviderQuerySet(models.QuerySet["Provider"]):
    def offered(self) -> ProviderQuerySet:
        """Providers a member may choose, best first: real ones before the sandbox."""
        return self.filter(enabled=True).order_by("is_sandbox", "name")

    def accepting(self, now: object) -> ProviderQuerySet:
        """Providers a job may be sent to at `now`."""
        return self.filter(Q(cooling_until=None) | Q(cooling_until__lte=now), enabled=True, paused_reason="")


class Provider(models.Model):
    """One configured account at a gateway. Its key is written, never read back."""

    name = models.CharField(max_length=60, unique=True)
    dialect = models.CharField(max_length=40)
    base_url = models.CharField("base URL", max_length=500, validators=[URLValidator(["http", "https"])])
    key = EncryptedTextField("key", blank=True, editable=False)
    allow_private = models.BooleanField(
        "allow a private address",
        default=False,
        help_text="Only for exactly the scheme, host and port of the base URL. Plain http needs it too.",
    )
    in_flight = models.PositiveIntegerField(
        "jobs in flight", default=4, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    poll_interval = models.FloatField(
        "seconds between looks", default=5.0, validators=[MinValueValidator(0.2), MaxValueValidator(600)]
    )
    enabled = models.BooleanField(default=True)
    is_sandbox = models.BooleanField(default=False, editable=False)
    paused_reason = models.TextField(blank=True, default="", editable=False)
    cooling_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
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
        """Why a job sent there would wait, for members; empty when it would not."""
        return "waiting: the provider needs an admin" if self.paused_reason else ""

    @property
    def masked_key(self) -> str:
        return "•••••••• (set)" if self.key else "not set"


class VideoModel(models.Model):
    """One model a provider offers; `slug` is the provider's own wire id for it."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="models")
    slug = models.CharField("wire id", max_length=120)
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=200, blank=True, default="")
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

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
    width = models.PositiveIntegerField(default=0, help_text="Output pixels; 0 when the provider is silent.")
    height = models.PositiveIntegerField(default=0)
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
        return Combination(self.aspect_ratio, self.seconds, self.quality, self.width, self.height)
