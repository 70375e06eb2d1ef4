from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """The dated access table, row-level security on every table with personal content, and purge by case."""

    dependencies = [("cases", "0001_initial"), ("audit", "0003_locks")]
    operations = [
        run_file(SQL / "rederive.sql"),
        run_file(SQL / "access.sql"),
        run_file(SQL / "purge.sql"),
        run_file(SQL / "readers.sql"),
    ]
