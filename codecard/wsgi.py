"""The web server's entry: `granian --interface wsgi codecard.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codecard.settings")

application = get_wsgi_application()

# All views are imported before the first request, which would otherwise wait for it.
assert get_resolver().url_patterns

# What is loaded now stays: leaving it out of collections, and collecting rarely, raised ingestion by a sixth.
gc.collect()
gc.freeze()
gc.set_threshold(100_000, 50, 1000)
