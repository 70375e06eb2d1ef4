from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """What the application may not change among agencies, people and programmes."""

    dependencies = [("agencies", "0001_initial"), ("audit", "0003_locks")]
    operations = [run_file(SQL / "locks.sql")]
