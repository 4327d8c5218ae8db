"""What people add to a clip or a prompt: a heart, tags for the team, stars, comments."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from generations.models.job import Job
from generations.models.prompt import Prompt

if TYPE_CHECKING:
    from generations.models.user import User

TAG_LIMIT = 40
COMMENT_LIMIT = 2000
RATING_MOST = 5


def folded(name: str) -> str:
    """What makes two names the same tag: letters without case, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Favourite(models.Model):
    """A job that one person marked; nobody else's business."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    job = models.ForeignKey(Job, models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "job"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.job_id}"


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: User) -> TagQuerySet:
        """Tags of at least one job or prompt this user may see: a private one's tags are its owner's."""
        jobs = Job.objects.visible_to(user).filter(job_tags__tag=OuterRef("pk"))
        prompts = Prompt.objects.visible_to(user).filter(prompt_tags__tag=OuterRef("pk"))
        return self.filter(Q(Exists(jobs)) | Q(Exists(prompts)))


class Tag(models.Model):
    """A word of the team's for its clips and prompts. Kept folded, so that nobody's spelling tells of his jobs."""

    name = models.CharField(max_length=TAG_LIMIT, unique=True)
    jobs = models.ManyToManyField(Job, through="JobTag", related_name="tags")

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class JobTag(models.Model):
    """A tag on a job, and who put it there."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="job_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="job_tags")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["job", "tag"], name="tag_once_per_job")]
        indexes = [models.Index(fields=["tag", "-job"], name="jobtag_newest")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.tag_id}"


class PromptTag(models.Model):
    """A tag on a prompt, and who put it there."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="prompt_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="prompt_tags")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["prompt", "tag"], name="tag_once_per_prompt")]

    def __str__(self) -> str:
        return f"{self.prompt_id}: {self.tag_id}"


class PromptMark(models.Model):
    """What one person thinks of a prompt: a heart, which is nobody else's business, and 1 to 5 stars."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="prompt_marks")
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="marks")
    favourite = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(RATING_MOST)]
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "prompt"], name="prompt_mark_once")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.prompt_id}"


class Comment(models.Model):
    """What somebody says of a clip; `at` pins it to a moment, in seconds from the start."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=COMMENT_LIMIT)
    at = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.job_id}, {self.created_at:%Y-%m-%d %H:%M:%S}"
