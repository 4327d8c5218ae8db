"""Who never chose a language reads what the browser asks for. Until now there was nothing to choose."""

from django.db import migrations, models


def follow_the_browser(apps, schema_editor):
    apps.get_model("generations", "User").objects.filter(language="en").update(language="")


def back_to_english(apps, schema_editor):
    apps.get_model("generations", "User").objects.filter(language="").update(language="en")


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0011_sessions_with_users"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, default="", max_length=10),
        ),
        migrations.RunPython(follow_the_browser, back_to_english),
    ]
