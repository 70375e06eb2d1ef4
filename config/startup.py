"""What must be true before anything is served: asked by the web's entry point, the worker and beat."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from audit import signing

WHAT_THE_ROLE_COULD_DO = """
    SELECT role.rolsuper,
           role.rolbypassrls,
           EXISTS (
               SELECT FROM pg_class AS thing
               JOIN pg_namespace AS schema ON schema.oid = thing.relnamespace
               WHERE thing.relkind IN ('r', 'p', 'v', 'm')
                 AND schema.nspname NOT LIKE 'pg\\_%%'
                 AND schema.nspname <> 'information_schema'
                 AND pg_has_role(role.oid, thing.relowner, 'MEMBER')
           )
    FROM pg_roles AS role
    WHERE role.rolname = %s
"""


def refuse_unusable_signing_key() -> None:
    """Stop when heads of the log could not be signed. Raises ImproperlyConfigured with what to change."""
    signing.public_keys()


def refuse_wrong_role() -> None:
    """Stop when the database role could pass row-level security: design.md, "the application's role owns nothing".

    A superuser, a role with BYPASSRLS, an owner of any table and a member of such an owner could. Asks about the
    role that signed in, and raises ImproperlyConfigured with what to change.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user::text")
            (role,) = cursor.fetchone()
            cursor.execute(WHAT_THE_ROLE_COULD_DO, [role])
            superuser, passes_by, owns = cursor.fetchone()
    finally:
        connection.close()  # opened before the servers fork their processes, and two processes must not share one
    reasons = [
        reason
        for reason, applies in {
            "is a superuser": superuser,
            "has BYPASSRLS": passes_by,
            "owns tables, or is a member of the role that does": owns,
        }.items()
        if applies
    ]
    if reasons:
        raise ImproperlyConfigured(
            f"The database role {role} {' and '.join(reasons)}, so row-level security would not hold it. "
            "Let DATABASE_URL name a role that owns nothing; DATABASE_OWNER_URL is for migrations only."
        )
