from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Who may hear what, and the locks on the meetings' tables."""

    dependencies = [("meetings", "0001_initial"), ("consent", "0002_rights")]
    operations = [run_file(SQL / "meetings.sql")]
