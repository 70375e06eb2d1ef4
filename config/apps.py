from django.apps import AppConfig
from django.db.backends.signals import connection_created

from config.connections import remember_what_is_prepared


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Samlos"

    def ready(self) -> None:
        """Make our Celery app the one that every `shared_task` of this process is sent through, and let every connection to
        the database keep what it has prepared.
        """
        import config.celery  # noqa: F401

        connection_created.connect(remember_what_is_prepared, dispatch_uid="config.prepared")
