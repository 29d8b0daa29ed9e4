FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/cds && /opt/cds/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE ./
COPY cds_service cds_service
COPY cards cards
COPY docs docs
RUN /opt/cds/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent cds && install --directory --owner cds --mode 0700 /data /keys
COPY --from=build /opt/cds /opt/cds
USER cds
ENV PATH=/opt/cds/bin:$PATH PYTHONUNBUFFERED=1 CDS_DATABASE_URL=sqlite:////data/work-rehab-cds.sqlite3
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["cds-service", "serve", "--host", "0.0.0.0", "--port", "8000"]
