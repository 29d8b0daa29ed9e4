"""Runs the migrations on the connection that the caller has opened and locked."""

from alembic import context

from cds_service.records.record_tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
