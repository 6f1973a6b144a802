# The image of the site: see docs/operating.md, "Deploy". Other base images with Python 3.11 or later on Debian work too:
# `--build-arg BASE_IMAGE=python:3.13-slim-bookworm` has the programs of PostgreSQL 15 for backups; those of trixie are 17.
ARG BASE_IMAGE=python:3.13-slim-trixie

# --- Build stage: install, collect and compress static files, check the content ---

FROM ${BASE_IMAGE} AS build

# Only pg_dump, pg_restore and psql, for `manage.py backup`: their package depends on Perl.
WORKDIR /postgresql
RUN apt-get update -qq \
    && apt-get download -qq "$(apt-cache depends postgresql-client | sed -n 's/^ *Depends: //p')" \
    && dpkg --extract postgresql-client-*.deb . \
    && mv usr/lib/postgresql/*/bin bin \
    # Where scanners look for packages that dpkg did not install.
    && mkdir status.d \
    && dpkg-deb --field postgresql-client-*.deb > status.d/postgresql-client

WORKDIR /site
COPY requirements.txt ./
# Wheels only: neither stage has a compiler. pip is not needed at run time.
RUN python3 -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --report /wheels.json -r requirements.txt \
    && /venv/bin/pip uninstall --quiet --yes pip setuptools
COPY manage.py ./
COPY pyproject.toml ./
COPY sendiass_site sendiass_site
COPY leaflets leaflets
COPY templates templates
COPY static static
COPY content content
# Django creates a secret key when it starts: that of the build is deleted with its folder.
RUN export DATA_DIR=/tmp/build \
    && /venv/bin/python manage.py load_leaflets --check \
    && /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && rm -r /tmp/build \
    && /venv/bin/python -m compileall -q manage.py sendiass_site leaflets \
    # Readable by the site's user, with any umask of the build.
    && chmod -R u=rwX,go=rX /site

# --- What lists the packages of the image, which does not have it ---

FROM ${BASE_IMAGE} AS sbom

WORKDIR /sbom
COPY requirements-sbom.txt ./
RUN python3 -m venv venv \
    && venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements-sbom.txt
COPY pyproject.toml ./
COPY script/sbom script/
COPY --from=build /wheels.json ./

# --- Runtime stage ---

FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="sendiass-site" \
      org.opencontainers.image.description="The website of a local SENDIASS: leaflets for parents, with the law they quote." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

# Pango for PDFs. Fonts: DejaVu for signs; Noto for the scripts of some 150 languages (43 MB); Droid Fallback for Chinese and
# Japanese (7 MB; fonts-noto-cjk would be 91 MB); emoji (11 MB). libpq for pg_dump. The user id is fixed, so that a mounted folder can be given to it.
# `--build-arg PACKAGES=fonts-noto-cjk` adds packages.
ARG PACKAGES=""
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
        fonts-noto-core fonts-droid-fallback fonts-noto-color-emoji libpq5 libreadline8 $PACKAGES >/dev/null \
    # The official base images have pip, and some setuptools too.
    && (python3 -m pip uninstall --quiet --yes --root-user-action=ignore wheel setuptools pip 2>/dev/null || true) \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin site \
    && install -d -o site -g site -m 0700 /data

COPY --from=build /postgresql/bin/pg_dump /postgresql/bin/pg_restore /postgresql/bin/psql /usr/local/bin/
COPY --from=build /postgresql/usr/share/doc /usr/share/doc
COPY --from=build /postgresql/status.d /var/lib/dpkg/status.d
COPY --from=build /venv /venv
COPY --from=build /site /site

# The list of what is in it: `docker run --rm sendiass-site cat sbom.cdx.json`.
RUN --mount=type=bind,from=sbom,source=/sbom,target=/sbom \
    PYTHONDONTWRITEBYTECODE=1 /sbom/venv/bin/python /sbom/script/sbom --pip-report /sbom/wheels.json \
        /venv/bin/python "$(readlink -f "$(command -v python3)")" > /site/sbom.cdx.json

WORKDIR /site
# Behind a proxy with HTTPS. For a trial: `-e HTTPS=off -e ALLOWED_HOSTS=localhost`.
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    HTTPS=on \
    IN_IMAGE=on \
    LOG_FORMAT=json \
    PORT=8000
USER 10001:10001
# Only /data and /tmp are written: run it with a read-only root file system.
VOLUME ["/data"]
EXPOSE 8000
# Gunicorn finishes running requests within 25 seconds: set `--stop-timeout 30`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD python -m sendiass_site.ops.healthcheck "$PORT"
CMD ["python", "-m", "sendiass_site.ops.serve"]
