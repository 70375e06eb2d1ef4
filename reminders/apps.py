from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = "Påminnelser"

    def ready(self) -> None:
        from agencies.navigation import bell
        from reminders.services import count_unseen

        bell.count = count_unseen
