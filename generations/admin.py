"""Django's admin, for admins: people, providers and models to change; the life of jobs to read.

Private text and clips belong to their owner: here too they have no text, no file name and no address.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from generations.models import (
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
from generations.services.providers import change_provider, check_provider, enable

admin.site.site_header = admin.site.site_title = "Sora Portal"
admin.site.index_title = "Admin"

PRIVATE = "Private"


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


class NothingToRemove(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that history hangs on are switched off, not deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(NothingToRemove):
    """People set their own password by a link; nobody else ever knows it."""

    list_display = ["email", "name", "role", "is_active", "last_login", "date_joined"]
    list_filter = ["role", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [
        (
            None,
            {
                "fields": ["email", "name", "role", "is_active", "time_zone"],
                "description": "They set their password by “Forgotten?” on the sign-in page, or by the link that "
                "<code>manage.py member reset-link --email …</code> prints.",
            },
        )
    ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checked by the same service as the command line; the key is set by command only."""

    class Meta:
        model = Provider
        fields = ["name", "enabled", "base_url", "allow_private", "in_flight", "poll_interval"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        candidate = Provider.objects.get(pk=self.instance.pk)
        for name, value in data.items():
            setattr(candidate, name, value)
        try:
            check_provider(candidate)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error(name if name in self.fields else None, messages)
        return data


@admin.register(Provider)
class ProviderAdmin(NothingToRemove):
    """A base URL at another origin clears the key: it is sent to its own origin only."""

    form = ProviderForm
    list_display = ["name", "dialect", "enabled", "has_key", "paused_reason", "cooling_until", "last_success_at"]
    list_filter = ["enabled", "dialect"]
    readonly_fields = ["dialect", "has_key", "paused_reason", "cooling_until", "last_success_at"]
    fields = [*ProviderForm.Meta.fields, *readonly_fields]

    actions = ["try_again"]

    @admin.action(description="Try again: offer it and end the pause")
    def try_again(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        for provider in providers:
            enable(provider)
        self.message_user(request, "Waiting jobs are sent now.")

    @admin.display(boolean=True, description="key is set")
    def has_key(self, provider: Provider) -> bool:
        return bool(provider.key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Providers are added by command: their key never passes through a browser."""
        return False

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_provider(Provider.objects.get(pk=obj.pk), changes)


class CombinationInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ModelCombination
    extra = 0


@admin.register(VideoModel)
class VideoModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "slug", "provider", "enabled", "position"]
    list_filter = ["provider", "enabled"]
    list_editable = ["enabled", "position"]
    search_fields = ["name", "slug"]
    inlines = [CombinationInline]


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

    @admin.display(description="note")
    def public_note(self, event: JobEvent) -> str:
        return _unless_private(event.job, event.note)

    @admin.display(description="detail")
    def public_detail(self, row: JobEvent | Submission) -> str:
        return _unless_private(row.job, row.detail)


def _unless_private(job: Job, words: str) -> str:
    return PRIVATE if words and job.visibility == Visibility.ME else words


class EventInside(Words, Inside):
    model = JobEvent
    fields = ["at", "state", "public_note", "public_detail", "actor"]
    readonly_fields = ["public_note", "public_detail"]


class SubmissionInside(Words, Inside):
    model = Submission
    fields = ["number", "provider", "sent_at", "answered_at", "remote_id", "outcome", "charged", "public_detail"]
    readonly_fields = ["public_detail"]


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
        "finished_at",
    ]  # fmt: skip

    @admin.display(description="prompt")
    def prompt_text(self, job: Job) -> str:
        return _unless_private(job, job.prompt.text)

    @admin.display(description="reason")
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
class WatchAdmin(ReadOnly):
    list_display = ["job", "provider", "since", "next_poll_at", "looks", "errors", "progress", "word"]
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
        "word",
        "trouble",
    ]


@admin.register(Output)
class OutputAdmin(ReadOnly):
    """No address and no file name: those open the clip."""

    list_display = ["job", "number", "size", "duration", "stored_at", "abandoned_at", "attempts"]
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
        "attempts",
        "next_try_at",
        "bytes_done",
        "trouble",
        "stored_at",
        "abandoned_at",
    ]


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    """Shared prompts. Private ones are not listed."""

    list_display = ["__str__", "author", "created_at", "last_run_at"]
    list_select_related = ["author"]
    search_fields = ["text"]
    fields = ["text", "author", "created_at", "last_run_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        return Prompt.objects.filter(owner=None)
