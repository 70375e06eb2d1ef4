from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Who could read a case at an instant."""

    dependencies = [("cases", "0005_insight")]
    operations = [run_file(SQL / "readers_at.sql")]
