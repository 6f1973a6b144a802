# The site as one image: see docs/operating.md, "Deploy". Another base with Python 3.11 or later on Debian works too:
# `--build-arg BASE_IMAGE=python:3.13-slim-trixie` brings the programs of PostgreSQL 17 for backups.
ARG BASE_IMAGE=python:3.13-slim-bookworm

# --- What is needed once: to install, to collect and compress static files, to check the content ---

FROM ${BASE_IMAGE} AS build

# pg_dump, pg_restore and psql alone, for `manage.py backup`: their package would bring all of Perl with it.
WORKDIR /postgresql
RUN apt-get update -qq \
    && apt-get download -qq "$(apt-cache depends postgresql-client | sed -n 's/^ *Depends: //p')" \
    && dpkg --extract postgresql-client-*.deb . \
    && mv usr/lib/postgresql/*/bin bin

WORKDIR /site
COPY requirements.txt ./
# Wheels only: neither stage has a compiler. pip has done its work afterwards.
RUN python3 -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements.txt \
    && /venv/bin/pip uninstall --quiet --yes pip setuptools
COPY manage.py ./
COPY sendiass_site sendiass_site
COPY leaflets leaflets
COPY templates templates
COPY static static
COPY content content
# A secret key is made wherever Django starts: that of the build stays in a folder which is gone at once.
RUN export DATA_DIR=/tmp/build \
    && /venv/bin/python manage.py load_leaflets --check \
    && /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && rm -r /tmp/build \
    && /venv/bin/python -m compileall -q manage.py sendiass_site leaflets \
    # However strict whoever built it is about new files: the site's user reads them all.
    && chmod -R u=rwX,go=rX /site

# --- What runs ---

FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="sendiass-site" \
      org.opencontainers.image.description="The website of a local SENDIASS: leaflets for parents, with the law they quote." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

# Pango makes the PDFs, libpq is for pg_dump. The fixed number is for whoever owns a folder that is mounted at /data.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core libpq5 libreadline8 >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin site \
    && install -d -o site -g site -m 0700 /data

COPY --from=build /postgresql/bin/pg_dump /postgresql/bin/pg_restore /postgresql/bin/psql /usr/local/bin/
COPY --from=build /venv /venv
COPY --from=build /site /site

WORKDIR /site
# Behind a proxy that speaks HTTPS. For a first look: `-e HTTPS=off -e ALLOWED_HOSTS=localhost`.
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    HTTPS=on \
    LOG_FORMAT=json \
    PORT=8000
USER 10001:10001
# Nothing else is written but /tmp: run it with a read-only root file system.
VOLUME ["/data"]
EXPOSE 8000
# Gunicorn ends what it has begun, within 25 seconds: give it 30 (`--stop-timeout 30`).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD python -m sendiass_site.ops.healthcheck "$PORT"
CMD ["python", "-m", "sendiass_site.ops.serve"]
