"""Who wants to hear of a job's end and when not, webhooks, and the outbox of what is to be told."""

import django.core.validators
import django.db.models.deletion
import generations.models.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0007_no_reference_rule"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="mail_done",
            field=models.BooleanField(default=False, verbose_name="mail when a clip is ready"),
        ),
        migrations.AddField(
            model_name="user",
            name="mail_failed",
            field=models.BooleanField(default=False, verbose_name="mail when a job failed or its outcome is unknown"),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_from",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_until",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ended",
                    models.CharField(
                        choices=[("done", "ready"), ("failed", "failed"), ("unknown", "outcome unknown")], max_length=10
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("made_at", models.DateTimeField()),
                ("is_spread", models.BooleanField(default=False)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="generations.job"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=60)),
                (
                    "url",
                    models.CharField(
                        max_length=500,
                        validators=[django.core.validators.URLValidator(["http", "https"])],
                        verbose_name="address",
                    ),
                ),
                ("secret", generations.models.fields.EncryptedTextField(default="", editable=False)),
                ("allow_private", models.BooleanField(default=False)),
                ("done", models.BooleanField(default=True, verbose_name="a clip is ready")),
                ("failed", models.BooleanField(default=True, verbose_name="a job failed")),
                ("unknown", models.BooleanField(default=True, verbose_name="an outcome is unknown")),
                (
                    "keeps_quiet",
                    models.BooleanField(default=False, verbose_name="waits for the end of the owner's quiet hours"),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("result", models.CharField(blank=True, default="", editable=False, max_length=300)),
                ("result_ok", models.BooleanField(default=True, editable=False)),
                ("result_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, default="", max_length=300)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="generations.notice"
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="generations.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("is_spread", False)), fields=["made_at"], name="notice_to_spread"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["made_at"], name="notice_by_age"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="delivery_due"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("notice", "webhook"), name="delivery_once_per_hook"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("webhook", None)), fields=("notice",), name="delivery_one_mail"
            ),
        ),
    ]
