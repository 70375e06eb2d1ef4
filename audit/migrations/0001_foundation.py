from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """The schema `samlos`, the clock, the context and the grants. Everything created later gets its grants from here."""

    initial = True
    dependencies = []
    run_before = [("contenttypes", "0001_initial"), ("sessions", "0001_initial"), ("axes", "0001_initial")]
    operations = [run_file(SQL / "foundation.sql")]
