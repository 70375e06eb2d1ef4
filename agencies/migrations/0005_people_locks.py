from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Rights are given by two people, and sessions of a closed account end with it."""

    dependencies = [("agencies", "0004_people")]
    operations = [run_file(SQL / "people.sql")]
