"""One finished file: where the provider keeps it, and our own copy."""

from __future__ import annotations

from django.db import models


class Output(models.Model):
    """A finished file. The copy is ours once `stored_at` is set; `abandoned_at` says the portal gave up copying."""

    job = models.ForeignKey("generations.Job", models.CASCADE, related_name="outputs")
    number = models.PositiveSmallIntegerField(default=1)
    remote_url = models.TextField()
    expires_at = models.DateTimeField(null=True, blank=True)

    clip = models.FileField(blank=True)
    poster = models.FileField(blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    duration = models.FloatField(null=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    bytes_done = models.PositiveBigIntegerField(default=0)
    trouble = models.TextField(blank=True, default="")
    rev = models.PositiveIntegerField(default=0)
    stored_at = models.DateTimeField(null=True, blank=True)
    abandoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="output_number_once")]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(stored_at=None, abandoned_at=None),
                name="output_to_archive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

    @property
    def is_stored(self) -> bool:
        return self.stored_at is not None

    @property
    def is_portrait(self) -> bool:
        return self.height > self.width
