from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Saker"

    def ready(self) -> None:
        """Put the app's entries in the menu, its rows on "Min dag" and its texts under "Våre bidrag"."""
        from django.utils.translation import gettext_lazy as _

        from agencies import navigation, purposes
        from agencies.actors import ANSWERING_ROLES, Actor
        from agencies.api.idempotency import forget_old_answers
        from agencies.enums import Role
        from agencies.services import sign_ins
        from audit.enums import Purpose
        from cases import jobs, registers
        from cases.services import access_report, access_report_read, contributions, protection
        from cases.views import access_reports, inbox, my_day, sections, shown_content, staffing
        from reminders import rules

        def writes(actor: Actor) -> bool:
            return actor.has_role(Role.CASEWORKER, *ANSWERING_ROLES)

        navigation.register(navigation.Entry(_("Min dag"), "home", 10, lambda actor: True))
        navigation.register(navigation.Entry(_("Saker"), "cases:list", 20, writes))
        navigation.register(navigation.Entry(_("Meldinger"), "cases:inbox", 30, inbox.has_inbox))
        navigation.register(navigation.Entry(_("Fordeling"), "cases:staffing", 25, staffing.is_manager))
        navigation.register(navigation.Entry(_("Våre bidrag"), "cases:contributions", 80, writes))
        navigation.register(navigation.Entry(_("Loggkontroll"), "cases:log_review", 85, sections.reviews_look_ups))
        navigation.register(
            navigation.Entry(_("Tilgangsrapport"), "cases:access_reports", 86, sections.reads_access_reports)
        )
        registers.register_tab(registers.Tab("review", _("Vurdering"), "cases:review", 12, sections.is_leads))
        registers.register_tab(registers.Tab("talk", _("Samtale"), "cases:talk", 14, sections.is_leads))
        registers.register_tab(registers.Tab("needs", _("Behov"), "cases:needs", 50, sections.has_needs))
        registers.register_tab(registers.Tab("report", _("Melding"), "cases:report", 11, sections.is_leads))
        registers.register_tab(registers.Tab("insight", _("Hvem har lest"), "cases:insight", 90, sections.has_log))
        registers.register_day_rows(my_day.own_rows)
        registers.register_day_rows(access_reports.day_rows)
        registers.register_report_source(registers.ReportSource(access_report_read.FIGURES, access_report.count_own))
        rules.register(jobs.WAITING_RULE)
        for rule in protection.RULES:
            rules.register(rule)
        rules.register(jobs.DIFFERS_RULE)
        rules.register(jobs.LOOK_UPS_RULE)
        rules.register(jobs.REPORT_RULE)
        rules.register_sweep(jobs.remind_of_waiting_reports)
        rules.register_sweep(jobs.remind_of_look_ups)
        rules.register_sweep(forget_old_answers)
        rules.register_sweep(sign_ins.forget_old)
        rules.register_sweep(access_report.forget_old)
        registers.register_contributions(contributions.of_this_app)
        shown_content.register_kinds()
        for beginning, purpose in {
            "cases:": Purpose.CASE_WORK,
            "cases:list": Purpose.OVERVIEW,
            "home": Purpose.OVERVIEW,
            "search": Purpose.SEARCH,
            "cases:access_report": Purpose.CONTROL,
            "cases:inbox": Purpose.INTAKE,
            "cases:report": Purpose.INTAKE,
            "cases:receive": Purpose.INTAKE,
            "cases:route": Purpose.INTAKE,
            "cases:reject": Purpose.INTAKE,
            "cases:contributions": Purpose.OWN_WORDS,
            "cases:assign": Purpose.STAFFING,
            "cases:unassign": Purpose.STAFFING,
            "cases:insight": Purpose.INSIGHT,
            "cases:staffing": Purpose.STAFFING,
            "cases:hand_over": Purpose.STAFFING,
            "cases:conflicts": Purpose.STAFFING,
            "cases:end_conflict": Purpose.STAFFING,
        }.items():
            purposes.register(beginning, purpose)
