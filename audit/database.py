"""SQL files as migration operations: what the database itself must refuse is written in SQL and read as SQL."""

from pathlib import Path

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from psycopg import sql


def run_file(path: Path) -> migrations.RunPython:
    """The operation that runs `path` as the owner, with {app} replaced by the application's role,
    quoted as an identifier ({app_name}: as it is, for a string literal).

    Statements are sent as one script without parameters, so `%` needs no doubling. Not reversible: going back
    means restoring a backup, since a schema without its locks must never run.
    """

    def apply(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        connection = schema_editor.connection
        connection.ensure_connection()
        role = sql.Identifier(settings.APP_DATABASE_ROLE).as_string(connection.connection)
        script = (
            path.read_text(encoding="utf-8").replace("{app}", role).replace("{app_name}", settings.APP_DATABASE_ROLE)
        )
        with connection.connection.cursor() as cursor:
            cursor.execute(script)

    return migrations.RunPython(apply, migrations.RunPython.noop)
