"""The cast of every test: the demonstration's people, each a fresh `Actor`, and how to act and sign in as one."""

import time
from contextlib import AbstractContextManager

from django.test import Client

from agencies import demonstration
from agencies.actors import Actor, actor_for
from agencies.middleware import AGENCY_KEY
from agencies.models import Agency, User
from agencies.services import secrecy
from audit import context
from audit.asked import Asked

_PERSON = Asked(lambda email: User.objects.filter(email=email), "?")
MEMBERS = {member.key: member for member in demonstration.CAST}


class Cast:
    """`cast.ingrid` is Ingrid acting for her agency now. Asked of the database each time, as in a request."""

    def __init__(self) -> None:
        self._agencies: dict[str, Agency] = {}

    def __getattr__(self, key: str) -> Actor:
        if key not in MEMBERS:
            raise AttributeError(f"Nobody in the cast is called {key}.")
        return self.acting_for(key, MEMBERS[key].agencies[0])

    def acting_for(self, key: str, slug: str) -> Actor:
        """One of the cast acting for the agency `slug`: Tove has two. AssertionError when nothing is in force."""
        (user,) = _PERSON.answer(MEMBERS[key].email)
        actor = actor_for(user, self.agency(slug))
        assert actor is not None, f"{key} has no membership in force in {slug}"
        return actor

    def machine(self) -> Actor:
        """The police's own system, as its token makes it."""
        user = User.objects.get(email=f"{demonstration.MACHINE_CLIENT}@{demonstration.MAIL_DOMAIN}")
        actor = actor_for(user, self.agency("police-analysis"))
        assert actor is not None
        return actor

    def agency(self, slug: str) -> Agency:
        """An agency of Fjordvik. Nothing of it changes in a test, so it is asked for once."""
        if slug not in self._agencies:
            self._agencies[slug] = Agency.objects.select_related("municipality").get(slug=slug)
        return self._agencies[slug]

    def everyone(self) -> dict[str, Actor]:
        """All the people, by key, each for the first of their agencies."""
        return {key: getattr(self, key) for key in MEMBERS}


def acting_as(actor: Actor) -> AbstractContextManager[context.Behalf]:
    """A transaction in which the database answers `actor`, as in the actor's own request."""
    return context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk)


def sign_in(client: Client, actor: Actor, *, declared: bool = True) -> Client:
    """Sign the actor in strongly and choose the agency: what picking somebody on the demonstration's page does.

    `declared`: they have made the declaration of secrecy there, as everybody has who is not new.
    """
    if declared and not secrecy.has_declared(actor.user, actor.agency):
        with acting_as(actor):
            secrecy.declare(by=actor)
    client.force_login(actor.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "cast", "at": time.time()}]
    session["account_authentication_methods_user"] = str(actor.user.pk)
    session[AGENCY_KEY] = actor.agency.pk
    session.save()
    return client
