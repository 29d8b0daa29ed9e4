import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from cds_service.records.database import Database
from tests.records.keeping import Kept, keeping

SERVER = "TEST_POSTGRES_URL"
POSTGRES = [pytest.param("postgres", marks=pytest.mark.postgres)] if os.environ.get(SERVER) else []
DATABASES = ["sqlite", *POSTGRES]


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'records.sqlite3'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A database of its own on the server that TEST_POSTGRES_URL names."""
    if SERVER not in os.environ:
        pytest.skip(f"{SERVER} is not set")
    url = make_url(os.environ[SERVER]).set(drivername="postgresql+psycopg")
    name = f"cds_test_{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=DATABASES)
def url(request) -> str:
    """Every test of what is kept runs on every database there is."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def database(url) -> Iterator[Database]:
    opened = Database(url)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def kept(database) -> Iterator[Kept]:
    started = keeping(database)
    yield started
    started.records.close()
