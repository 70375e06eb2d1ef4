import datetime
import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import audit.clock
from audit.database import run_file

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    """The young person's log and what is withheld from it, the review of look-ups, and the breach question."""

    dependencies = [
        ("audit", "0003_locks"),
        ("reminders", "0002_locks"),
        ("agencies", "0003_demonstration_step"),
        ("cases", "0004_protection"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LogWithholding",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("reason", models.TextField(verbose_name="begrunnelse")),
                ("existence_is_told", models.BooleanField(default=True)),
                ("asked_at", models.DateTimeField(default=audit.clock.now)),
                ("approved_at", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "basis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.legalbasis"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="log_withholdings", to="cases.case"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["case", "event_id"], name="withholding_by_event")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("asked_at"))), name="withholding_ends_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "valid_until__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("asked_at"), "+", models.Value(datetime.timedelta(days=366))
                                ),
                            )
                        ),
                        name="withholding_ends_in_a_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="withholding_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at", None), ("approved_by", None)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                models.Q(("approved_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="withholding_approved_by_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LookUpReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("case_ref", models.CharField(blank=True, max_length=8)),
                ("day", models.DateField()),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("same_surname", "Samme etternavn som den ansatte"),
                                ("no_task", "Ingen oppgave i saken"),
                                ("burst", "Mange saker på kort tid"),
                                ("out_of_hours", "Utenfor vanlig arbeidstid"),
                                ("break_glass", "Nødtilgang"),
                                ("repeated_misses", "Mange forsøk som ikke ga tilgang"),
                                ("reported", "Meldt av den saken gjelder"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                (
                    "why_reported",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("knows_reader", "Jeg tror at jeg kjenner den som har lest"),
                            ("not_involved", "Tjenesten hjelper meg ikke"),
                            ("too_much", "De har lest mer enn de trenger"),
                            ("curious", "Jeg vil vite hvorfor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("event_ids", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("found_at", models.DateTimeField(default=audit.clock.now)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("lawful", "Lovlig"), ("unlawful", "Ulovlig"), ("unclear", "Uklart")],
                        max_length=12,
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="merknad")),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "follow_up",
                    models.CharField(
                        blank=True,
                        choices=[("authority_told", "Meldt til Datatilsynet"), ("not_required", "Ikke meldepliktig")],
                        max_length=20,
                    ),
                ),
                ("follow_up_note", models.TextField(blank=True, verbose_name="hva som ble gjort")),
                ("followed_up_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "employee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "followed_up_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reported_by_agency",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-found_at", "-last_at", "pk"],
                "indexes": [models.Index(fields=["agency", "settled_at", "-found_at"], name="look_up_review_queue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), ("settled_at", None), ("settled_by", None)),
                            models.Q(
                                ("settled_at__isnull", False),
                                ("settled_by__isnull", False),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="look_up_review_settled_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("settled_by", models.F("employee")), _negated=True),
                        name="look_up_review_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("followed_up_at", None), ("outcome", "unlawful"), _connector="OR"),
                        name="look_up_review_breach_only",
                    ),
                ],
            },
        ),
        run_file(SQL / "insight.sql"),
        run_file(SQL / "exposure.sql"),
    ]
