from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Where a follow-up is held tells where the person will be (F-19)."""

    dependencies = [("actionplans", "0002_locks"), ("cases", "0004_protection")]
    operations = [run_file(SQL / "whereabouts.sql")]
