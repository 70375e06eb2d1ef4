from django.apps import AppConfig
from django.db.backends.signals import connection_created

from audit.instants import read_instants_fast


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Revisjonslogg"

    def ready(self) -> None:
        connection_created.connect(read_instants_fast, dispatch_uid="audit.instants")
