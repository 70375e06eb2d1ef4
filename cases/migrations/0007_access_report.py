import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """The weekly report of who can see what."""

    dependencies = [("agencies", "0005_people_locks"), ("cases", "0006_readers_at")]

    operations = [
        migrations.CreateModel(
            name="AccessReport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("monday", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("content", models.JSONField()),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
            ],
            options={
                "ordering": ["-monday"],
                "constraints": [
                    models.UniqueConstraint(fields=("agency", "monday"), name="access_report_one_a_week"),
                    models.CheckConstraint(
                        condition=models.Q(("monday__iso_week_day", 1)), name="access_report_begins_on_a_monday"
                    ),
                ],
            },
        ),
        run_file(SQL / "access_report.sql"),
    ]
