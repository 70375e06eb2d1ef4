"""The suite: the demonstration's shape, cheaper passwords, mail in memory, errors loud."""

import os
import tempfile
from pathlib import Path

from config.settings.defaults import fill_demonstration_environment

_home = Path(os.environ.get("SAMLOS_HOME", ".local"))
if _home.name != "test":  # a worker of the suite inherits what its parent has set
    _home /= "test"
os.environ["SAMLOS_HOME"] = str(_home)
fill_demonstration_environment(_home)
os.environ.setdefault("DATABASE_URL", "postgres://samlos_app:unset@localhost/unset")
os.environ.setdefault("DATABASE_OWNER_URL", "postgres://samlos_owner:unset@localhost/unset")
os.environ.setdefault("REDIS_URL", "redis://localhost:1/0")

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import INSTALLED_APPS  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]  # for `make check`; installed with the suite's tools only
DEMONSTRATION = True
ALLOW_SYNTHETIC_IDS = True
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_NAME = "samlos-test"
SESSION_COOKIE_SECURE = False
SESSIONS_AT_ONCE = None  # several visitors may be the same invented person
CSRF_COOKIE_SECURE = False
# The cheapest hasher: what it protects is thrown away with the database.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAILBOX_DIR = Path(tempfile.gettempdir()) / "samlos-test-mail"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = False
# The browser tests' server finds the files where they lie: nothing is collected.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
