from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Where a consent was signed is whereabouts, and its end is told to those cleared alone (F-19)."""

    dependencies = [("consent", "0004_glass_rights"), ("cases", "0004_protection")]
    operations = [run_file(SQL / "protection.sql")]
