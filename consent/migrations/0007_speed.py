from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Counting the people behind a case's rights asks the clock once."""

    dependencies = [("consent", "0006_access_report")]
    operations = [run_file(SQL / "speed.sql")]
