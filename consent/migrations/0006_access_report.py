from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """What the weekly report of who can see what tells of break-glass."""

    dependencies = [("consent", "0005_protection"), ("cases", "0007_access_report")]
    operations = [run_file(SQL / "access_report.sql")]
