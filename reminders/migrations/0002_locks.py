from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """What was said stays said."""

    dependencies = [("reminders", "0001_initial")]
    operations = [run_file(SQL / "ledger.sql")]
