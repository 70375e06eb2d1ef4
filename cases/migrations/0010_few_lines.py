"""How many lines a search for words finds: few. Told nothing, the planner reckons with a thousand and begins with them all."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_listing")]

    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION samlos.search_entries(text, integer) ROWS 10",
            "ALTER FUNCTION samlos.search_entries(text, integer) ROWS 1000",
        ),
    ]
