from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Break-glasses become rights of one user, written by the database's own functions."""

    dependencies = [("consent", "0003_break_glass"), ("cases", "0002_access")]
    operations = [run_file(SQL / "glass.sql")]
