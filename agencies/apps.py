from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"
    verbose_name = "Tjenester"

    def ready(self) -> None:
        """Log sign-ins and sign-outs, whoever performs them, and tell the log whose chains to sign."""
        from agencies import accounts  # models are ready only now
        from agencies.models import Agency
        from audit import heads

        accounts.connect_signals()
        heads.register_agencies(
            lambda: [heads.Chain(pk, slug) for pk, slug in Agency.objects.order_by("pk").values_list("pk", "slug")]
        )
