"""Who paused a provider, what it was added as and which of its models nobody edited; what was noted about one before is without the provider's own words from now on."""

import re

from django.db import migrations, models

ANSWER = re.compile(r"HTTP \d{3}")


def tell_who_paused(apps, schema_editor):
    apps.get_model("generations", "Provider").objects.filter(paused_reason__startswith="Paused by ").update(
        paused_by_hand=True
    )


def forget_their_words(apps, schema_editor):
    """An answer may quote a private prompt: of those that were kept only the status stays."""
    for row in apps.get_model("generations", "Provider").objects.only("paused_reason", "last_error"):
        found = ANSWER.match(row.last_error)
        row.last_error = found[0] if found else ""
        found = ANSWER.match(row.paused_reason)
        row.paused_reason = found[0] if found else row.paused_reason
        row.save(update_fields=["paused_reason", "last_error"])


def tell_what_nobody_edited(apps, schema_editor):
    """Models that came from the catalogue and were never changed may be filled from it again."""
    entries, models = apps.get_model("generations", "AuditEntry").objects, apps.get_model("generations", "VideoModel")
    changed = [subject.partition(": ")[2] for subject in _of(entries, "model changed", "subject")]
    added = [changes.get("slug", ["", ""])[1] for changes in _of(entries, "model added", "changes")]
    by_hand = models.objects.filter(source="by hand")
    theirs = by_hand | models.objects.filter(name__in=changed) | models.objects.filter(slug__in=added)
    models.objects.exclude(pk__in=theirs.values("pk")).update(from_catalogue=True)


def _of(entries, action, column):
    return entries.filter(action=action).values_list(column, flat=True)


class Migration(migrations.Migration):

    dependencies = [
        ("generations", "0005_keeping"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="paused_by_hand",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="provider",
            name="preset",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="videomodel",
            name="from_catalogue",
            field=models.BooleanField(default=False, editable=False, help_text="Nobody edited these facts."),
        ),
        migrations.RunPython(tell_who_paused, migrations.RunPython.noop),
        migrations.RunPython(forget_their_words, migrations.RunPython.noop),
        migrations.RunPython(tell_what_nobody_edited, migrations.RunPython.noop),
    ]
