"""Production: nothing but what the environment says."""

from config.settings.base import *  # noqa: F403
