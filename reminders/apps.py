from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = "Påminnelser"

    def ready(self) -> None:
        """Count for the bell, and tell privacy officers when the log's heads are not kept."""
        from agencies.navigation import bell
        from audit import heads
        from reminders import head_alarm, rules
        from reminders.services import count_unseen

        bell.count = count_unseen
        rules.register(head_alarm.RULE)
        heads.register_alarm(head_alarm.tell_privacy_officers)
