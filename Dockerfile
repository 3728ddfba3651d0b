# One image for web, worker, beat and migrations; the command says which.

FROM python:3.12-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /app
# Dependencies first: they change seldom, so this layer is mostly cached. Without the extra `embedded`:
# production brings its own PostgreSQL and Redis or Valkey.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMS_ENV=production
RUN useradd --system --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin oms
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The key is for this step only and ends up nowhere: collecting static files reads settings but no secret.
RUN mkdir -p -m 700 var/private var/metrics && SECRET_KEY=only-for-collectstatic python manage.py collectstatic --noinput \
    && chown oms:oms var var/private var/metrics
USER oms
EXPOSE 8000
# One worker process per core; threads wait for the database together. Workers are renewed now and then, not at once.
CMD ["sh", "-c", "exec gunicorn oms.wsgi --bind 0.0.0.0:8000 --workers ${WEB_CONCURRENCY:-$(nproc)} --threads 8 --max-requests 20000 --max-requests-jitter 2000 --access-logfile -"]
