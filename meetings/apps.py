from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"
    verbose_name = "Møter"

    def ready(self) -> None:
        """Put meetings in the menu, in the case, on "Min dag" and under "Våre bidrag", and give the ledger its kind."""
        from django.urls import reverse
        from django.utils.translation import gettext_lazy as _

        from agencies import navigation, purposes
        from audit.enums import Purpose
        from cases import registers
        from meetings import documents, notifications
        from meetings.models import ATTENDING_ROLES
        from meetings.views import contributed, of_case
        from reminders import rules

        navigation.register(
            navigation.Entry(_("Møter"), "meetings:list", 40, lambda actor: actor.has_role(*ATTENDING_ROLES))
        )
        registers.register_tab(registers.Tab("meetings", _("Møter"), "meetings:case", 40, of_case.shown_to))
        registers.register_day_rows(contributed.day_rows)
        purposes.register("meetings:", Purpose.MEETING)
        registers.register_contributions(contributed.contributions)
        rules.register(
            rules.Rule(
                kind=notifications.KIND,
                title=_("Nytt om et møte du er innkalt til"),
                action=_("Se møtet"),
                to_tell=notifications.to_tell,
                url=lambda meeting_id: reverse("meetings:detail", args=[meeting_id]),
                calendar=documents.calendar,
            )
        )
