from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Consents and disclosures become rights, and get their own locks."""

    dependencies = [("consent", "0001_initial"), ("cases", "0002_access")]
    operations = [run_file(SQL / "rights.sql")]
