"""The web application as gunicorn loads it. It does not start with a database role that could pass row-level security."""

import os

from django.core.wsgi import get_wsgi_application

from config.startup import refuse_unusable_signing_key, refuse_wrong_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()
refuse_unusable_signing_key()
refuse_wrong_role()
