from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionPlansConfig(AppConfig):
    name = "actionplans"
    verbose_name = _("Planer")

    def ready(self) -> None:
        """Give the case its section, "Min dag" and "Våre bidrag" their rows, and the ledger its kinds and sweeps."""
        from actionplans import contributed, jobs
        from actionplans.notifications import RULES
        from actionplans.views import shown_content
        from agencies import purposes
        from audit.enums import Purpose
        from cases import emergency, registers
        from cases.workflow import BEFORE_INFORMED
        from reminders import rules

        registers.register_tab(
            registers.Tab(
                code="plan",
                label=_("Plan"),
                url_name="actionplans:detail",
                order=30,
                shown_to=lambda actor, case: case.state not in BEFORE_INFORMED,
            )
        )
        registers.register_day_rows(contributed.day_rows)
        emergency.register_page("actionplans:detail")
        purposes.register("actionplans:", Purpose.PLAN)
        registers.register_contributions(contributed.contributions)
        shown_content.register_kinds()
        for rule in RULES:
            rules.register(rule)
        rules.register_sweep(jobs.remind_of_overdue_measures)
        rules.register_sweep(jobs.remind_of_follow_ups)
