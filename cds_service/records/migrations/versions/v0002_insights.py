"""What calls did not tell, the lines that suggestions draft, and wrong tokens at the door of the insights."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.add_column("decision", sa.Column("missing", sa.String(), nullable=True))
    op.add_column("suggestion", sa.Column("recommended", sa.Boolean(), nullable=True))
    op.add_column("suggestion", sa.Column("lines", sa.String(), nullable=True))
    op.create_table(
        "sign_in_attempt",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_sign_in_attempt"),
    )
    op.create_table(
        "ended_session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ended_session"),
    )


def downgrade() -> None:
    """To the version before."""
    op.drop_table("ended_session")
    op.drop_table("sign_in_attempt")
    for table, column in (("suggestion", "lines"), ("suggestion", "recommended"), ("decision", "missing")):
        op.drop_column(table, column)
