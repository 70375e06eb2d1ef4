from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Who may read and write which row of the plan."""

    dependencies = [("actionplans", "0001_initial"), ("cases", "0002_access")]
    operations = [run_file(SQL / "plan.sql")]
