"""One finished file: where the provider keeps it, and our own copy."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutputQuerySet(models.QuerySet["Output"]):
    def wanted(self) -> OutputQuerySet:
        """Those the portal still tries to copy."""
        return self.filter(stored_at=None, abandoned_at=None)

    def leased(self, output: Output) -> OutputQuerySet:
        """This very row while its worker's lease holds; nothing once another worker took over."""
        return self.filter(pk=output.pk, lease=output.lease)

    def needing_a_person(self) -> OutputQuerySet:
        """Those the portal gave up and nobody has settled yet. Clips in the trash or removed trouble nobody."""
        lost = self.filter(stored_at=None, abandoned_at__isnull=False, settled_by=None)
        return lost.filter(job__trashed_at=None, job__purged_at=None)


class Output(models.Model):
    """A finished file. The copy is ours once `stored_at` is set; `abandoned_at` says the portal gave up copying.

    `asked_at` is since when a copy is wanted, `attempts` counts tries and `faults` those in which the file itself was
    wrong. `settled_by` is who decided that it stays without a copy.
    """

    job = models.ForeignKey("generations.Job", models.CASCADE, related_name="outputs")
    number = models.PositiveSmallIntegerField(default=1)
    remote_url = models.TextField()
    expires_at = models.DateTimeField(null=True, blank=True)
    needs_key = models.BooleanField(default=False, help_text=_("Its address is part of the API and asks for the key."))

    clip = models.FileField(blank=True)
    poster = models.FileField(blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    duration = models.FloatField(null=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    asked_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    bytes_done = models.PositiveBigIntegerField(default=0)
    trouble = models.TextField(blank=True, default="")
    rev = models.PositiveIntegerField(default=0)
    stored_at = models.DateTimeField(null=True, blank=True)
    abandoned_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    objects = OutputQuerySet.as_manager()

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="output_number_once")]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(stored_at=None, abandoned_at=None),
                name="output_to_archive",
            ),
            models.Index(fields=["abandoned_at"], condition=models.Q(stored_at=None), name="output_not_kept"),
            models.Index(fields=["settled_by", "job"], condition=models.Q(stored_at=None), name="output_not_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

    @property
    def is_stored(self) -> bool:
        return self.stored_at is not None

    @property
    def sentence(self) -> str:
        """The trouble in our own words, which name nothing private."""
        return self.trouble.partition("\n")[0]

    @property
    def detail(self) -> str:
        """What the way or the file said about it, addresses and names included."""
        return self.trouble.partition("\n")[2]

    @property
    def is_being_copied(self) -> bool:
        return self.lease_until is not None and self.lease_until > timezone.now()

    @property
    def link_ended(self) -> bool:
        """True once the provider's link is over, where the provider says when."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_portrait(self) -> bool:
        return self.height > self.width
