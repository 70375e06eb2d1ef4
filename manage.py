#!/usr/bin/env python
"""Django's command line. Commands that change the schema run as the database's owner, all others as the application."""

import os
import sys

# The application's role owns nothing, so it can neither migrate nor turn row-level security off (access.md).
OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "sqlmigrate",
    "showmigrations",
    "lintmigrations",
    "demo_clock",
    "purge_due",
    "audit",
    "access",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("SAMLOS_DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
