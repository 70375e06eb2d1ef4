import uuid
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """Protection levels with two persons to lower, the sealed place for whereabouts, and who declared and ended a conflict."""

    dependencies = [
        ("agencies", "0003_demonstration_step"),
        ("cases", "0003_verify"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="conflict",
            name="agency",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
            ),
        ),
        migrations.AddField(
            model_name="conflict",
            name="declared_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="conflict",
            name="end_reason",
            field=models.TextField(blank=True, db_default="", verbose_name="begrunnelse"),
        ),
        migrations.AddField(
            model_name="conflict",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="resourceperson",
            name="is_child",
            field=models.BooleanField(db_default=False, default=False, verbose_name="barn eller søsken"),
        ),
        migrations.AddField(
            model_name="resourceperson",
            name="protection_level",
            field=models.CharField(
                choices=[
                    ("none", "Ingen adressesperre"),
                    ("marked", "Sekretessmarkering"),
                    ("confidential", "Fortrolig adresse"),
                    ("strictly_confidential", "Strengt fortrolig adresse"),
                    ("fictitious_id", "Fiktiv identitet"),
                ],
                db_default="none",
                default="none",
                max_length=30,
            ),
        ),
        migrations.CreateModel(
            name="ProtectionChange",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "from_level",
                    models.CharField(
                        choices=[
                            ("none", "Ingen adressesperre"),
                            ("marked", "Sekretessmarkering"),
                            ("confidential", "Fortrolig adresse"),
                            ("strictly_confidential", "Strengt fortrolig adresse"),
                            ("fictitious_id", "Fiktiv identitet"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "to_level",
                    models.CharField(
                        choices=[
                            ("none", "Ingen adressesperre"),
                            ("marked", "Sekretessmarkering"),
                            ("confidential", "Fortrolig adresse"),
                            ("strictly_confidential", "Strengt fortrolig adresse"),
                            ("fictitious_id", "Fiktiv identitet"),
                        ],
                        max_length=30,
                    ),
                ),
                ("reason", models.TextField(verbose_name="begrunnelse")),
                ("covers_children", models.BooleanField(default=False)),
                ("requested_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("raised", "Hevet"),
                            ("requested", "Venter på svar"),
                            ("approved", "Senket"),
                            ("refused", "Avslått"),
                            ("withdrawn", "Trukket"),
                        ],
                        max_length=12,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "author_agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="protection_changes", to="cases.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "requested")), fields=("case",), name="protection_one_request"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("outcome__in", ["raised", "requested"])),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="protection_answer_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedWhereabouts",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("address", "Adresse"),
                            ("phone", "Telefon"),
                            ("school", "Skole"),
                            ("work", "Arbeidssted"),
                            ("doctor", "Fastlege eller behandler"),
                            ("meeting_place", "Møtested"),
                            ("network", "Kontakt i nettverket"),
                            ("note", "Opplysning om bosted eller kontakt"),
                        ],
                        max_length=16,
                        verbose_name="hva",
                    ),
                ),
                ("text", models.TextField(verbose_name="opplysning")),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("source_table", models.CharField(blank=True, max_length=60)),
                ("source_id", models.UUIDField(blank=True, null=True)),
                ("source_field", models.CharField(blank=True, max_length=60)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author_agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealed_whereabouts", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
                "indexes": [models.Index(fields=["source_id", "source_field"], name="sealed_by_source")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("removed_at", None), ("text", ""), _connector="OR"),
                        name="sealed_removed_is_empty",
                    )
                ],
            },
        ),
        run_file(SQL / "protection.sql"),
    ]
