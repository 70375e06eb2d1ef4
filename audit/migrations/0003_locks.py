from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """The log is only ever added to, and chained when the transaction commits."""

    dependencies = [("audit", "0002_initial")]
    operations = [run_file(SQL / "events.sql")]
