from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """What `access verify` compares."""

    dependencies = [("cases", "0002_access")]
    operations = [run_file(SQL / "verify.sql")]
