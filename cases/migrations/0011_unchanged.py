"""A line of the access table that stays as it is is not written anew: the function of 0002 again, for databases older than it."""

from pathlib import Path

from django.db import migrations

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_few_lines")]

    operations = [run_file(SQL / "rederive.sql")]
