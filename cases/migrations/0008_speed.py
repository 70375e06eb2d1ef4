from pathlib import Path

from django.db import migrations, models

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Lists read the index of the access table alone, and searches for a name have one."""

    dependencies = [("cases", "0007_access_report")]
    operations = [
        migrations.RemoveIndex("caseaccess", "access_lists"),
        migrations.RemoveIndex("caseaccess", "access_object"),
        migrations.AddIndex(
            "caseaccess",
            models.Index(
                models.F("agency"),
                models.OrderBy(models.F("activity_at"), descending=True),
                models.OrderBy(models.F("case"), descending=True),
                include=("valid_from", "valid_until", "user"),
                name="access_lists",
            ),
        ),
        migrations.AddIndex(
            "caseaccess",
            models.Index(
                fields=["agency", "case"], include=("valid_from", "valid_until", "user"), name="access_object"
            ),
        ),
        migrations.AddIndex(
            "person",
            models.Index(
                fields=["case"],
                name="person_protected",
                condition=models.Q(("protection_level", "none"), _negated=True),
            ),
        ),
        run_file(SQL / "speed.sql"),
    ]
