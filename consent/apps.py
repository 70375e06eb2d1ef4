from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = "Samtykke"

    def ready(self) -> None:
        """Give the case its section, header line and waiting approvals, and the ledger its kinds and sweeps."""
        from agencies import navigation, purposes
        from audit.enums import Purpose
        from cases import emergency, registers
        from cases.workflow import BEFORE_ROUTING
        from consent import jobs, policies
        from consent.notifications import RULES
        from consent.services.consents import case_closed
        from consent.services.glass import count_for_report, laws_of_glasses
        from consent.views import glass_shown
        from consent.views.contributed import approvals_waiting, header_fact
        from reminders import rules

        registers.register_tab(
            registers.Tab(
                code="consent",
                label=_("Samtykke"),
                url_name="consent:detail",
                order=20,
                shown_to=lambda actor, case: case.state not in BEFORE_ROUTING,
            )
        )
        registers.register_header_fact(header_fact)
        registers.register_day_rows(approvals_waiting)
        purposes.register("consent:", Purpose.CONSENT)
        for name in ("glass", "open_glass", "review_glass", "end_glass"):
            purposes.register(f"consent:{name}", Purpose.EMERGENCY)
        navigation.register(
            navigation.Entry(
                _("Nødtilgang"),
                "consent:glasses",
                85,
                lambda actor: bool(policies.may_break_glass(actor) or policies.may_follow_glasses(actor)),
            )
        )
        registers.register_header_fact(glass_shown.header_fact)
        registers.register_day_rows(glass_shown.day_rows)
        emergency.register_laws(laws_of_glasses)
        registers.register_report_source(
            registers.ReportSource(
                (
                    registers.ReportFigure("glass_used", _("Nødtilgang brukt av våre ansatte"), "consent:glasses"),
                    registers.ReportFigure(
                        "glass_by_others", _("Nødtilgang brukt av andre i saker vi leder"), "consent:glasses"
                    ),
                    registers.ReportFigure(
                        "glass_objected", _("Nødtilgang noen innvendte mot"), "consent:glasses", sticks_out=True
                    ),
                    registers.ReportFigure(
                        "glass_waiting",
                        _("Nødtilgang ingen har bekreftet"),
                        "consent:glasses",
                        waits=True,
                        sticks_out=True,
                    ),
                ),
                count_for_report,
            )
        )
        for name in ("disclose", "end_disclosure"):
            purposes.register(f"consent:{name}", Purpose.DISCLOSURE)
        registers.register_on_close(case_closed)
        for rule in RULES:
            rules.register(rule)
        rules.register_sweep(jobs.follow_expired)
        rules.register_sweep(jobs.remind_of_ending)
        rules.register_sweep(jobs.flag_glasses)
