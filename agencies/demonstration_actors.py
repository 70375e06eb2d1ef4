"""The demonstration's people at work: each app's stories are told by them, as in requests of their own."""

from contextlib import AbstractContextManager

from agencies.actors import Actor, actor_for
from agencies.demonstration import MAIL_DOMAIN
from agencies.models import Agency, User
from audit import context


def actor_called(key: str, slug: str) -> Actor:
    """The one of the cast called `key`, acting for the agency `slug`. LookupError when nothing lets them: build the people first."""
    user = User.objects.get(email=f"{key}@{MAIL_DOMAIN}")
    actor = actor_for(user, Agency.objects.select_related("municipality").get(slug=slug))
    if actor is None:
        raise LookupError(f"{key} has no membership in force in {slug}.")
    return actor


def acting(actor: Actor) -> AbstractContextManager[context.Behalf]:
    """A transaction in which the database answers `actor`."""
    return context.acting(user_id=actor.user.pk, agency_id=actor.agency.pk)
