from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"
    verbose_name = "Tjenester"

    def ready(self) -> None:
        """Log sign-ins and sign-outs, whoever performs them, put the app's entry in the menu, and tell the log whose chains
        to sign.
        """
        from django.utils.translation import gettext_lazy as _

        from agencies import accounts, navigation, policies  # models are ready only now
        from agencies.models import Agency
        from audit import heads

        accounts.connect_signals()
        navigation.register(
            navigation.Entry(_("Folk og roller"), "people", 90, lambda actor: bool(policies.may_see_people(actor)))
        )
        heads.register_agencies(
            lambda: [heads.Chain(pk, slug) for pk, slug in Agency.objects.order_by("pk").values_list("pk", "slug")]
        )
