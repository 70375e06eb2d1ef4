from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Samlos"

    def ready(self) -> None:
        """Make our Celery app the one that every `shared_task` of this process is sent through."""
        import config.celery  # noqa: F401
