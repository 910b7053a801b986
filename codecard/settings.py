"""Settings, all from the environment. Embedded defaults come from `codecard.local` (CODECARD_LOCAL=1)."""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from kombu import Queue

from codecard.lib.environment import (
    broker_url,
    choice,
    database,
    demand_production_settings,
    demand_sign_up_settings,
    flag,
    github_api_url,
    github_app,
    listed,
    number,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
IS_LOCAL = flag("CODECARD_LOCAL")
DEBUG = flag("DEBUG")
TESTING = flag("CODECARD_TESTING")

SECRET_KEY = os.environ.get("SECRET_KEY", "")
# Former keys: what they signed or sealed can still be read, until they are taken away.
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if IS_LOCAL else "")
BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
demand_production_settings(
    secret_key=SECRET_KEY,
    former_keys=SECRET_KEY_FALLBACKS,
    debug=DEBUG,
    allowed_hosts=ALLOWED_HOSTS,
    is_local=IS_LOCAL or TESTING,
)
IS_HTTPS = BASE_URL.startswith("https://") or not (IS_LOCAL or TESTING)
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL else []

INSTALLED_APPS = [
    "codecard.admin_site.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "teams",
    "events",
    "profiles",
]
if find_spec("django_linear_migrations"):
    # Of the development tools: its check fails where two branches each add a migration.
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "codecard.middleware.RequestLog",
    "codecard.middleware.PermissionsPolicy",
    "codecard.middleware.DatabaseAway",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "codecard.middleware.OperatorDatabase",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "codecard.urls"
WSGI_APPLICATION = "codecard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["codecard.lib.templates.Unindented", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "teams.context.navigation",
                "events.dashboards.navigation.pull_requests",
            ],
        },
    },
]

# One login by default, which may become all three roles; each can have its own URL.
DATABASE_URL = os.environ.get("DATABASE_URL", "")
DATABASES = {
    "default": database(DATABASE_URL, role="codecard_app"),
    "owner": database(os.environ.get("DATABASE_OWNER_URL") or DATABASE_URL, role="codecard_owner"),
    "operator": database(os.environ.get("DATABASE_OPERATOR_URL") or DATABASE_URL, role="codecard_operator"),
}
DATABASE_ROUTERS = ["codecard.routers.RoleRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "codecard",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "codecard.views.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/home/"
SILENCED_SYSTEM_CHECKS: list[str] = []

# Behind a proxy that ends TLS; SECURE_SSL_REDIRECT stays with the proxy, which knows which paths are plain.
TRUST_PROXY = flag("TRUST_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
# Whom limits count: without a trusted proxy its header is anybody's to write.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUST_PROXY else 0
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=IS_HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^-/metrics$"]
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 31_536_000 if IS_HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
GITHUB_CLIENT_ID = os.environ.get("GITHUB_CLIENT_ID", "")
GITHUB_CLIENT_SECRET = os.environ.get("GITHUB_CLIENT_SECRET", "")
GITHUB_URL = (os.environ.get("GITHUB_URL") or "https://github.com").rstrip("/")
GITHUB_API_URL = github_api_url(os.environ.get("GITHUB_API_URL", ""), GITHUB_URL)
GITHUB_TIMEOUT_SECONDS = number("GITHUB_TIMEOUT_SECONDS", 30)
# How far back a repository's pull requests, issues and commits are asked for when it is connected.
BACKFILL_DAYS = number("BACKFILL_DAYS", 365)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "base-uri": [NONE],
        # The sign-in form posts here, and this redirects to GitHub: browsers hold the form to that as well.
        "form-action": [SELF, *([GITHUB_URL] if GITHUB_CLIENT_ID else [])],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "codecard" / "static"]
# From a checkout the files are served as they lie; the image has collected and hashed them.
STATIC_ROOT = None if IS_LOCAL or TESTING else Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = IS_LOCAL or TESTING
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_LOCAL or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Ingestion: clients retry 429 and 503, and drop data on 500 (docs/wires.md).
INGEST_MAX_BODY_BYTES = number("INGEST_MAX_BODY_BYTES", 16 * 1024 * 1024)
INGEST_REQUESTS_PER_MINUTE = number("INGEST_REQUESTS_PER_MINUTE", 60_000)
# Of the query API, for each token and for each account that is signed in.
API_REQUESTS_PER_MINUTE = number("API_REQUESTS_PER_MINUTE", 600)
# As large as GitHub sends them.
WEBHOOK_MAX_BODY_BYTES = 25 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = INGEST_MAX_BODY_BYTES

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["teams.api.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "codecard.lib.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Code Card",
    "DESCRIPTION": "Ingestion and query API of Code Card.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": True,
    "SERVE_PUBLIC": True,
    "POSTPROCESSING_HOOKS": ["events.api.schema.add_components", "profiles.api.add_components"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 3600
# A worker takes from all of them, in turns: what GitHub sends doesn't wait for what is asked of it.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("deliveries"), Queue("backfill")]
CELERY_BEAT_SCHEDULE = {
    "ensure-partitions": {"task": "events.tasks.ensure_partitions", "schedule": crontab(hour="3", minute="17")},
    "forget-old-exports": {"task": "profiles.tasks.forget_old_exports", "schedule": crontab(hour=4, minute=20)},
    "continue-deletions": {"task": "events.tasks.continue_deletions", "schedule": crontab(minute="*/5")},
    "continue-relocations": {"task": "events.tasks.continue_relocations", "schedule": crontab(minute="*/5")},
    "continue-samples": {"task": "events.tasks.continue_samples", "schedule": crontab(minute="*/10")},
    "continue-invitations": {"task": "teams.tasks.continue_invitations", "schedule": crontab(minute="3-59/10")},
    "continue-deliveries": {"task": "events.tasks.continue_deliveries", "schedule": crontab()},
    "continue-backfills": {"task": "events.tasks.continue_backfills", "schedule": crontab()},
    "look-again": {"task": "events.tasks.look_again_at_github", "schedule": crontab(minute="37")},
    "continue-chores": {"task": "events.tasks.continue_chores", "schedule": crontab()},
    "mature-escapes": {"task": "events.tasks.mature_all_escapes", "schedule": crontab(hour="0", minute="11")},
    "late-links": {"task": "events.tasks.look_for_late_links", "schedule": crontab(minute="*/10")},
    "outdated": {"task": "events.tasks.judge_what_is_outdated", "schedule": crontab(hour="1", minute="7")},
    "judge-badges": {"task": "profiles.tasks.judge_all_badges", "schedule": crontab(hour="5", minute="19")},
    "apply-retention": {"task": "events.tasks.apply_all_retention", "schedule": crontab(hour="2", minute="41")},
    "forget-reports": {"task": "events.tasks.forget_old_reports", "schedule": crontab(hour="4", minute="29")},
    "erase-deleted": {"task": "events.tasks.erase_deleted_organizations", "schedule": crontab(minute="23")},
}
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200}

# Sign-in
SIGN_UP = choice("SIGN_UP", ("open", "invited", "domains", "github"))
SIGN_UP_EMAIL_DOMAINS = listed("SIGN_UP_EMAIL_DOMAINS")
SIGN_UP_GITHUB_ORGANIZATIONS = listed("SIGN_UP_GITHUB_ORGANIZATIONS")
demand_sign_up_settings(
    policy=SIGN_UP,
    domains=SIGN_UP_EMAIL_DOMAINS,
    organizations=SIGN_UP_GITHUB_ORGANIZATIONS,
    has_github=bool(GITHUB_CLIENT_ID),
    has_secret=bool(GITHUB_CLIENT_SECRET),
    github_url=GITHUB_URL,
)
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "teams.sign_in_adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "teams.forms.signing_in.SignUpForm",
    "add_email": "teams.forms.signing_in.AddEmailForm",
    "request_login_code": "teams.forms.signing_in.RequestCodeForm",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
# Per address of the network, per mailbox ("key") and per account ("user"); in Redis, see also teams.sign_in_links.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "20/m/ip,100/h/ip",
    "request_login_code": "20/m/ip,5/h/key",
    "confirm_email": "1/10s/key",
    "manage_email": "10/m/user,30/h/user",
    "reauthenticate": "10/m/user",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
SOCIALACCOUNT_ADAPTER = "teams.sign_in_adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {
    "signup": "teams.forms.signing_in.ConnectedSignUpForm",
    "disconnect": "teams.forms.signing_in.DisconnectForm",
}
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# Under the conditions of the adapter: both sides have proven the address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "github": {
        "provider_class": "teams.github.provider.GitHub",
        "SCOPE": ["read:user", "user:email"],
        "OAUTH_PKCE_ENABLED": True,
        # What GitHub has not verified is not: never True here.
        "VERIFIED_EMAIL": False,
        "APPS": [github_app(GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GITHUB_URL)] if GITHUB_CLIENT_ID else [],
    }
}
MFA_ADAPTER = "teams.sign_in_adapters.SecondStepAdapter"
MFA_FORMS = {"add_webauthn": "teams.forms.signing_in.AddPasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Code Card"
# Clocks of telephones differ by some seconds.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": "20/m/ip"}
# On one's own machine there is no certificate, and browsers allow passkeys on http://localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = IS_LOCAL or TESTING
USERSESSIONS_TRACK_ACTIVITY = False

EMAIL_URL = urlsplit(os.environ.get("EMAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_URL.hostname else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = EMAIL_URL.hostname or "", EMAIL_URL.port or 587
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(EMAIL_URL.username or ""), unquote(EMAIL_URL.password or "")
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = EMAIL_URL.scheme == "smtp+tls"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("EMAIL_FROM") or "Code Card <noreply@localhost>"

METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "codecard.lib.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
