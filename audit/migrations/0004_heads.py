import uuid
from pathlib import Path

from django.db import migrations, models

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Signed heads of the chains, only ever added to."""

    dependencies = [("audit", "0003_locks")]
    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("chain", models.IntegerField()),
                ("number", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                ("digest", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=16)),
                ("signature", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["chain", "number"], name="audit_one_head_a_number"),
                ],
            },
        ),
        run_file(SQL / "heads.sql"),
    ]
