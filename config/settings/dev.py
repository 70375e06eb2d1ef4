"""The demonstration: invented people, the page to pick one of them, mail kept as files, plain http on one machine."""

import os
from pathlib import Path

from config.settings.defaults import fill_demonstration_environment, find_running_demonstration

_home = Path(os.environ.get("SAMLOS_HOME") or Path(__file__).resolve().parents[2] / ".local").resolve()
find_running_demonstration(_home)  # first: the addresses below follow from its port
fill_demonstration_environment(_home)

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import SAMLOS_HOME  # noqa: E402

DEMONSTRATION = True
ALLOW_SYNTHETIC_IDS = True
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
# Browsers refuse the __Host- prefix and Secure cookies over plain http.
SESSION_COOKIE_NAME = "samlos-demo"
SESSION_COOKIE_SECURE = False
SESSIONS_AT_ONCE = None  # several visitors may be the same invented person
CSRF_COOKIE_SECURE = False
EMAIL_BACKEND = "reminders.mailbox.MailboxBackend"
MAILBOX_DIR = SAMLOS_HOME / "mail"
SILENCED_SYSTEM_CHECKS = ["guardian.W001", "security.W004", "security.W008", "security.W012", "security.W016"]
