# One image for the web server, the worker, the beat and the migrations; compose.yaml shows all four.
FROM python:3.11-slim-bookworm AS base
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

FROM base AS build
RUN pip install --no-cache-dir uv
# The dependencies change less often than the code: a layer of their own. No `local` extra, so no embedded servers.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --compile-bytecode --link-mode copy --no-cache
COPY . .
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" ALLOWED_HOSTS=build.invalid \
    python manage.py collectstatic --no-input

FROM base
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin codecard
COPY --from=build /app /app
USER codecard
EXPOSE 8000
ENV GRANIAN_WORKERS=2
# A host that the settings allow, since the server refuses all others.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].strip().lstrip('.')}), timeout=4)"]
# SIGTERM lets requests finish. One thread per process ingests fastest: raise GRANIAN_WORKERS to the number of cores.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--blocking-threads", "1", "--respawn-failed-workers", "--workers-kill-timeout", "25", "--no-ws", "--log-level", "warning", "codecard.wsgi:application"]
