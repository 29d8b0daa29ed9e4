import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from cds_service.errors import ConfigurationError
from cds_service.records.database import HEAD, MIGRATIONS, Database
from cds_service.records.pseudonyms import pseudonyms_with
from cds_service.records.record_tables import Base
from tests.records.conftest import SERVER

OPEN = """
import sys
from cds_service.records.database import Database
from cds_service.records.pseudonyms import pseudonyms_with
database = Database(sys.argv[1])
sys.stdin.readline()
database.upgrade()
print(pseudonyms_with(None, database).key.hex())
"""


def script():
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    return config


@pytest.mark.skipif(not os.environ.get(SERVER), reason=f"records are tested on SQLite only: {SERVER} is not set")
def test_postgresql_is_there_for_the_tests_of_this_folder(postgres_url):
    assert Database(postgres_url).is_postgresql


def test_the_tables_that_migrations_make_are_those_of_the_program(database):
    with database.single() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_the_newest_migration_is_the_one_a_start_looks_for():
    assert [HEAD] == ScriptDirectory.from_config(script()).get_heads()


def test_migrations_lead_back_to_an_empty_database(database):
    with database.writing() as connection:
        config = script()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.single() as connection:
        assert ["alembic_version"] == inspect(connection).get_table_names()
    assert not database.reachable()


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database):
    database.upgrade()
    assert database.reachable()


def test_an_upgrade_that_fails_leaves_nothing_behind(sqlite_url, tmp_path):
    with sqlite3.connect(tmp_path / "records.sqlite3") as connection:
        connection.execute("CREATE TABLE used_token (x)")
    connection.close()
    with pytest.raises(ConfigurationError, match="used_token already exists"):
        Database(sqlite_url).upgrade()
    with sqlite3.connect(tmp_path / "records.sqlite3") as connection:
        assert [("used_token",)] == connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()


def test_a_database_of_a_newer_program_is_refused_by_the_name_of_its_variable(database):
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(ConfigurationError, match=r"CDS_DATABASE_URL: .*newer version"):
        database.upgrade()


def test_several_processes_may_start_at_once_and_agree_on_one_key(url):
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(4)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in started]
    assert [0] * 4 == [process.returncode for process in started], said
    assert 1 == len({out for out, _ in said})


def test_a_sqlite_file_is_for_its_owner_only_and_readers_do_not_wait_for_writers(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    database.upgrade()
    assert 0o600 == (tmp_path / "records.sqlite3").stat().st_mode & 0o777
    with database.writing(), database.single() as reader:
        assert "wal" == reader.exec_driver_sql("PRAGMA journal_mode").scalar()
        assert [] == reader.execute(select(Base.metadata.tables["decision"])).fetchall()
    database.close()


@pytest.mark.parametrize("name", ["with 50%.sqlite", "p%20q.sqlite"])
def test_a_percent_sign_in_the_name_of_a_file_is_no_trouble(tmp_path, name):
    database = Database(f"sqlite:///{tmp_path}/{name}")
    database.upgrade()
    with database.single() as reader:
        assert [] == reader.execute(select(Base.metadata.tables["decision"])).fetchall()
    database.close()


@pytest.mark.parametrize(
    "url",
    ["", "records.sqlite3", "sqlite://", "sqlite:///:memory:", "mysql://db.example.org/cds", "postgresql:/", "://"],
)
def test_a_url_that_cannot_be_used_is_refused_by_the_name_of_its_variable(url):
    with pytest.raises(ConfigurationError, match=r"^CDS_DATABASE_URL: "):
        Database(url).upgrade()


@pytest.mark.parametrize("password", ["hidden-word", "hidden-word%40"])
def test_a_database_that_cannot_be_reached_is_told_without_its_password(password):
    with pytest.raises(ConfigurationError) as wrong:
        Database(f"postgresql://cds:{password}@127.0.0.1:9/cds").upgrade()
    assert "CDS_DATABASE_URL: the database cannot be used" in str(wrong.value)
    assert "PostgreSQL database cds on 127.0.0.1: " in str(wrong.value)
    assert "check that it runs, and host, port, user and password in the URL" in str(wrong.value)
    assert "OperationalError" not in str(wrong.value)
    assert "hidden-word" not in str(wrong.value)


def test_a_folder_that_is_not_there_is_told():
    with pytest.raises(
        ConfigurationError,
        match=r"SQLite file /no/such/\S+: No such file or directory; check folder",
    ):
        Database("sqlite:////no/such/folder/records.sqlite3").upgrade()


def test_a_key_is_made_once(database):
    assert pseudonyms_with(None, database).key == pseudonyms_with(None, database).key


def test_a_secret_for_a_purpose_is_the_same_for_all_who_share_a_database(database):
    first, second = pseudonyms_with(None, database), pseudonyms_with(None, database)
    assert first.secret("app") == second.secret("app")
    assert first.secret("app") not in {first.secret("login"), first.key}


def test_a_key_is_not_shown_when_printed(database):
    pseudonyms = pseudonyms_with("planted-" * 8, database)
    assert "planted" not in repr(pseudonyms)
