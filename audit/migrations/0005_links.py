from pathlib import Path

from django.db import migrations, models

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """An event is written once: its place in the chain stands in a row of its own, which the trigger alone writes."""

    dependencies = [("audit", "0004_heads")]
    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("pk", models.CompositePrimaryKey("chain", "position", blank=True, editable=False, primary_key=True, serialize=False)),
                ("chain", models.IntegerField()),
                ("position", models.BigIntegerField()),
                ("event_id", models.UUIDField()),
                ("digest", models.BinaryField()),
            ],
        ),
        migrations.AlterField(
            "event",
            "id",
            models.UUIDField(
                primary_key=True,
                db_default=models.Func(function="uuidv7", output_field=models.UUIDField()),
                editable=False,
                serialize=False,
            ),
        ),
        run_file(SQL / "links.sql"),
        # The file takes the columns away itself: between filling the table of places and the trigger that writes it.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("event", "audit_one_event_a_position"),
                migrations.RemoveField("event", "chain"),
                migrations.RemoveField("event", "position"),
                migrations.RemoveField("event", "previous"),
                migrations.RemoveField("event", "digest"),
            ],
        ),
    ]
