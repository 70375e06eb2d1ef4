"""Settings every deployment shares. What differs comes from the environment; what is missing stops the start.

`production` is this file as it is; `dev` is the demonstration; `test` is the suite.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.FileAwareEnv()

SAMLOS_HOME = Path(env.str("SAMLOS_HOME", default=str(BASE_DIR / ".local"))).resolve()

SECRET_KEY = env.str("SECRET_KEY")
# Keys for national identity numbers. They live outside the database, so that a stolen dump gives no numbers away
# (security.md 3.6). `FIELD_KEYS` is "id:base64key,…", the first one encrypts, all can decrypt.
FIELD_KEYS = env.str("FIELD_KEYS")
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY")
# Heads of the log are signed with this Ed25519 key (base64 of 32 random bytes), known by its earlier public keys too, and
# copied to one folder an agency under AUDIT_HEAD_DIR (security.md G8).
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY")
AUDIT_EARLIER_SIGNERS = env.list("AUDIT_EARLIER_SIGNERS", default=[])
AUDIT_HEAD_DIR = env.str("AUDIT_HEAD_DIR")

DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DEMONSTRATION = False
PUBLIC_URL = env.str("PUBLIC_URL").rstrip("/")

# --- database: two roles, see access.md -------------------------------------------------------------------------
DATABASE_ROLE = env.str("SAMLOS_DATABASE_ROLE", default="app")
if DATABASE_ROLE not in {"app", "owner"}:
    raise ImproperlyConfigured("SAMLOS_DATABASE_ROLE must be 'app' or 'owner'.")
DATABASES = {"default": env.db("DATABASE_OWNER_URL" if DATABASE_ROLE == "owner" else "DATABASE_URL")}
# The role that migrations grant to: the application's, whoever runs them.
APP_DATABASE_ROLE = env.db("DATABASE_URL")["USER"]
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # agencies.middleware owns the transaction (design.md, "One request")
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    ""
    if DATABASE_ROLE == "owner"
    else "-c statement_timeout=10s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s"
)
if DATABASE_ROLE == "app":
    # Under row-level security PostgreSQL plans a question longer than it answers it: what a connection asks again is
    # prepared, and then planned once. A pooler before the database must know prepared statements (PgBouncer 1.21).
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")

# --- applications -------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "meetings",
    "actionplans",
    "consent",
    "cases",
    "reminders",
    "agencies",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_standardized_errors",
    "django_filters",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "agencies.middleware.private_answers",  # before the static files, which are this site's own too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "agencies.methods.head_as_get",
    "agencies.middleware.whole_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    # Innermost: opens the request's one transaction and says on whose behalf the database is asked.
    "agencies.middleware.one_transaction",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agencies.context_processors.frame",
            ],
        },
    },
]
FORM_RENDERER = "agencies.forms.DesignSystemRenderer"

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    # The only backend that answers about objects. Guardian's own is not installed: it ORs what must be ANDed.
    "cases.grants.CaseBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_RAISE_403 = False
# Guardian asks for its own backend; `cases.grants` says why it is not the one we use.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
# OWASP's parameters: Django's own default takes 100 MB and a third of a second a check (security.md 5).
PASSWORD_HASHERS = ["agencies.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "agencies.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "agencies.reset_links.ResetTokens"  # noqa: S105 (a class, no password)
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "agencies.forms.accounts.LoginForm",
    "reset_password": "agencies.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "agencies.forms.accounts.ResetPasswordKeyForm",
    "change_password": "agencies.forms.accounts.ChangePasswordForm",
    "reauthenticate": "agencies.forms.accounts.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "agencies.forms.accounts.AuthenticateForm",
    "reauthenticate": "agencies.forms.accounts.ReauthenticateWithCodeForm",
    "activate_totp": "agencies.forms.accounts.ActivateTotpForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Samlos"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_USERNAME_CALLABLE = "agencies.accounts.attempted_username"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "429.html"

# --- sessions and headers (security.md 5) -----------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-s"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_SECONDS = 30 * 60
SESSIONS_AT_ONCE: int | None = 2  # of one person
SIGN_INS_A_MINUTE = 30  # by everybody together, counted before anything is hashed
CSRF_USE_SESSIONS = True
CSRF_COOKIE_SECURE = True
CSRF_FAILURE_VIEW = "agencies.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Not "no-referrer": browsers then send "Origin: null" with every form, and the CSRF check refuses them all.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600
FILE_UPLOAD_PERMISSIONS = 0o600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # Designsystemet draws its icons as data: masks; without this they vanish.
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "payment",
        "usb",
    )
}

# --- language and place -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Norsk bokmål")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Oslo"

# --- static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = SAMLOS_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- mail ---------------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ikke-svar@samlos.example")

# --- background work: the broker only wakes the ledger (design.md, "Time and delivery") --------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Raising a reminder pokes the broker after the commit: a broker that hangs must not hang the request.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
    "max_retries": 0,  # to connect for a poke; the worker and beat go on trying by themselves
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "deliver": {"task": "reminders.tasks.deliver", "schedule": 10.0},
    "sweep": {"task": "reminders.tasks.sweep", "schedule": 300.0},
    "seal": {"task": "audit.tasks.seal", "schedule": 300.0},
    "verify-access": {"task": "cases.jobs.verify_access", "schedule": crontab(hour=2, minute=15)},
    "review-look-ups": {"task": "cases.jobs.review_look_ups", "schedule": crontab(hour=3, minute=15)},
    # Weekly: one report an agency and week. The other nights find it made, or catch up a Monday that was lost.
    "report-access": {"task": "cases.jobs.report_access", "schedule": crontab(hour=4, minute=15)},
}

# --- API ----------------------------------------------------------------------------------------------------------------
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["agencies.api.tokens.MachineTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["agencies.api.tokens.DenyUnlessDeclared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "agencies.api.problems.handler",
    "DEFAULT_THROTTLE_RATES": {"concern_reports": "120/min", "audit_heads": "60/min"},
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": env.int("PROXY_COUNT", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Samlos API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
# Whom we believe when a machine knocks: tokens in Maskinporten's form (stack.md, "Machine-to-machine in").
MACHINE_TOKEN_ISSUER = env.str("MACHINE_TOKEN_ISSUER")
MACHINE_TOKEN_JWKS = env.str("MACHINE_TOKEN_JWKS")  # a file path or an https address
MACHINE_TOKEN_AUDIENCE = env.str("MACHINE_TOKEN_AUDIENCE", default=PUBLIC_URL + "/api")
ALLOW_SYNTHETIC_IDS = False
API_MAX_BODY = 1024 * 1024

# --- logs: ids only (G11) -----------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_paths": {"()": "audit.logs.DropRequestDetails"}},
    "formatters": {"json": {"()": "audit.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["no_paths"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR", "handlers": ["console"], "propagate": False},
        "django.db.backends": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
