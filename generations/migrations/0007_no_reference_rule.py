from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("generations", "0006_mended_providers")]

    operations = [migrations.RemoveField("videomodel", "reference_rule")]
