from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"
    verbose_name = "Tjenester"

    def ready(self) -> None:
        """Log sign-ins and sign-outs, whoever performs them."""
        from agencies import accounts  # models are ready only now

        accounts.connect_signals()
