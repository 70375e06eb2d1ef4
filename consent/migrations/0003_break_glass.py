import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0003_demonstration_step'),
        ('cases', '0002_access'),
        ('consent', '0002_rights'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('opened', 'Åpnet'), ('nothing', 'Ingen funnet'), ('several', 'Flere passet')], max_length=10)),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('core', 'Kjerne'), ('contact', 'Kontakt'), ('crime', 'Kriminalitet'), ('health', 'Helse'), ('substance_use', 'Rus'), ('occupation_school', 'Skole og arbeid'), ('economy', 'Økonomi'), ('housing', 'Bolig'), ('family', 'Familie'), ('leisure_network', 'Fritid og nettverk'), ('child_welfare', 'Barnevern')], max_length=30), size=None)),
                ('legal_basis', models.CharField(max_length=30)),
                ('reason', models.TextField(verbose_name='hva som haster')),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('verdict', models.CharField(blank=True, choices=[('confirmed', 'Bekreftet'), ('objected', 'Innvendt mot')], max_length=10)),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('review_note', models.TextField(blank=True, verbose_name='merknad')),
                ('flagged_at', models.DateTimeField(blank=True, null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='break_glasses', to='cases.case')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'nødtilgang',
            },
        ),
        migrations.CreateModel(
            name='BlockedGlass',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('glass', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blocked', to='consent.breakglass')),
            ],
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(fields=['case', '-valid_from'], name='glass_by_case'),
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(fields=['agency', '-valid_from'], name='glass_by_agency'),
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(fields=['user', '-valid_from'], name='glass_by_user'),
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(condition=models.Q(('reviewed_at', None)), fields=['valid_from'], name='glass_unreviewed'),
        ),
        migrations.AddConstraint(
            model_name='breakglass',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until', django.db.models.expressions.CombinedExpression(models.F('valid_from'), '+', models.Value(datetime.timedelta(seconds=3600))))), name='glass_lasts_one_hour'),
        ),
        migrations.AddConstraint(
            model_name='breakglass',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', False), ('outcome', 'opened')), models.Q(models.Q(('outcome', 'opened'), _negated=True), ('case', None)), _connector='OR'), name='glass_opens_one_case'),
        ),
        migrations.AddConstraint(
            model_name='breakglass',
            constraint=models.CheckConstraint(condition=models.Q(('parts__len__gt', 0)), name='glass_names_a_part'),
        ),
        migrations.AddConstraint(
            model_name='breakglass',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at', None), ('reviewed_by', None), ('verdict', '')), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False), models.Q(('verdict', ''), _negated=True), models.Q(('reviewed_by', models.F('user')), _negated=True)), _connector='OR'), name='glass_reviewed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='breakglass',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('valid_from')), _connector='OR'), name='glass_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='blockedglass',
            constraint=models.UniqueConstraint(fields=('glass', 'case'), name='glass_blocked_once'),
        ),
    ]
