"""Django's admin, for admins: people, providers, models and the life of jobs to read.

Private text and clips belong to their owner: here too they have no text, no file name and no address.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from generations.models import (
    AuditEntry,
    Job,
    JobEvent,
    ModelCombination,
    Output,
    Prompt,
    Provider,
    Submission,
    User,
    VideoModel,
    Visibility,
    Watch,
)

admin.site.site_header = admin.site.site_title = "Sora Portal"
admin.site.index_title = _("Admin")

PRIVATE = _("Private")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that services write: to be looked at only."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnly):
    """To look at; the staff pages change it, where no portal loses its last admin and all is written down."""

    list_display = ["email", "name", "role", "is_active", "last_login", "date_joined"]
    list_filter = ["role", "is_active"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "role", "is_active", "time_zone", "last_login", "date_joined"]


class Inside(admin.TabularInline):  # type: ignore[type-arg]
    """Rows of a job, to be looked at only."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Words(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """What a provider said about a job may quote its prompt, so of a private job it is not shown."""

    @admin.display(description=_("note"))
    def public_note(self, event: JobEvent) -> str:
        return _unless_private(event.job, event.note)

    @admin.display(description=_("detail"))
    def public_detail(self, row: JobEvent | Submission) -> str:
        return _unless_private(row.job, row.detail)


def _unless_private(job: Job, words: str) -> str:
    return str(PRIVATE) if words and job.visibility == Visibility.ME else words


class Quotes(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """What is noted while a job is on its way quotes the provider, or an address that opens the clip."""

    @admin.display(description=_("trouble"))
    def public_trouble(self, row: Watch | Output) -> str:
        return _unless_private(row.job, row.trouble)

    @admin.display(description=_("word"))
    def public_word(self, watch: Watch) -> str:
        return _unless_private(watch.job, watch.word)


class EventInside(Words, Inside):
    model = JobEvent
    fields = ["at", "state", "public_note", "public_detail", "actor"]
    readonly_fields = ["public_note", "public_detail"]


class SubmissionInside(Words, Inside):
    model = Submission
    fields = ["number", "provider", "sent_at", "answered_at", "remote_id", "outcome", "charged", "public_detail"]
    readonly_fields = ["public_detail"]


@admin.register(Provider)
class ProviderAdmin(ReadOnly):
    """To look at; the staff pages change it, where the service checks and writes down who did what."""

    list_display = ["name", "dialect", "enabled", "has_key", "paused_reason", "cooling_until", "last_success_at"]
    list_filter = ["enabled", "dialect"]
    fields = [
        "name", "dialect", "base_url", "allow_private", "enabled", "has_key", "in_flight", "submits_per_minute",
        "poll_interval", "delivery", "create_path", "query_path", "callbacks", "paused_reason", "cooling_until",
        "last_success_at",
    ]  # fmt: skip

    @admin.display(boolean=True, description=_("key is set"))
    def has_key(self, provider: Provider) -> bool:
        return bool(provider.key)


class CombinationInside(Inside):
    model = ModelCombination


@admin.register(VideoModel)
class VideoModelAdmin(ReadOnly):
    list_display = ["name", "slug", "provider", "enabled", "position"]
    list_filter = ["provider", "enabled"]
    list_select_related = ["provider"]
    search_fields = ["name", "slug"]
    inlines = [CombinationInside]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ["at", "actor", "action", "subject"]
    list_select_related = ["actor"]
    search_fields = ["subject"]


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ["key", "created_at", "state", "author", "provider_name", "model", "visibility"]
    list_filter = ["state", "provider", "visibility"]
    list_select_related = ["author"]
    search_fields = ["=key", "author__email", "submissions__remote_id"]
    date_hierarchy = "created_at"
    inlines = [EventInside, SubmissionInside]
    fields = [
        "key", "author", "prompt_text", "visibility", "provider", "provider_name", "dialect", "model", "aspect_ratio",
        "seconds", "quality", "state", "state_since", "public_reason", "not_before", "cancel_asked", "created_at",
        "finished_at", "trashed_at", "trashed_by", "purged_at",
    ]  # fmt: skip

    @admin.display(description=_("prompt"))
    def prompt_text(self, job: Job) -> str:
        return _unless_private(job, job.prompt.shown)

    @admin.display(description=_("reason"))
    def public_reason(self, job: Job) -> str:
        return _unless_private(job, job.reason)


@admin.register(JobEvent)
class JobEventAdmin(Words, ReadOnly):
    list_display = ["at", "job", "state", "public_note", "public_detail", "actor"]
    fields = ["job", "at", "state", "public_note", "public_detail", "actor"]
    list_filter = ["state"]
    list_select_related = ["job", "actor"]
    search_fields = ["=job__key"]


@admin.register(Submission)
class SubmissionAdmin(Words, ReadOnly):
    list_display = ["sent_at", "job", "number", "provider", "remote_id", "outcome", "charged"]
    list_filter = ["outcome", "charged", "provider"]
    list_select_related = ["job", "provider"]
    search_fields = ["=job__key", "remote_id"]
    fields = [
        "job",
        "number",
        "provider",
        "sent_at",
        "answered_at",
        "lease_until",
        "remote_id",
        "outcome",
        "charged",
        "public_detail",
    ]


@admin.register(Watch)
class WatchAdmin(Quotes, ReadOnly):
    list_display = ["job", "provider", "since", "next_poll_at", "looks", "errors", "progress", "public_word"]
    list_filter = ["provider"]
    list_select_related = ["job", "provider"]
    fields = [
        "job",
        "provider",
        "remote_id",
        "since",
        "next_poll_at",
        "looks",
        "errors",
        "missing",
        "no_url",
        "progress",
        "public_word",
        "public_trouble",
    ]


@admin.register(Output)
class OutputAdmin(Quotes, ReadOnly):
    """No address and no file name: those open the clip."""

    list_display = ["job", "number", "size", "duration", "stored_at", "abandoned_at", "attempts", "faults"]
    list_filter = [("stored_at", admin.EmptyFieldListFilter), ("abandoned_at", admin.EmptyFieldListFilter)]
    list_select_related = ["job"]
    search_fields = ["=job__key"]
    fields = [
        "job",
        "number",
        "expires_at",
        "size",
        "sha256",
        "duration",
        "width",
        "height",
        "asked_at",
        "attempts",
        "faults",
        "next_try_at",
        "bytes_done",
        "sentence",
        "settled_by",
        "stored_at",
        "abandoned_at",
    ]


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    """Shared prompts. Private ones are not listed."""

    list_display = ["__str__", "author", "created_at", "last_run_at"]
    list_select_related = ["author"]
    search_fields = ["text"]
    fields = ["title", "text", "author", "created_at", "last_run_at", "runs", "erased_at", "erased_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        return Prompt.objects.filter(owner=None)
