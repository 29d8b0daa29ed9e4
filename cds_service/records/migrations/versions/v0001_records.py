"""Decisions, cards, suggestions, feedback, used tokens, own secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("evaluation", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("hook_instance", sa.String(), nullable=False),
        sa.Column("policies", sa.JSON(), nullable=False),
        sa.Column("input", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("latency", sa.Double(), nullable=False),
        sa.Column("patient", sa.String(), nullable=False),
        sa.Column("episode", sa.String(), nullable=True),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_evaluation", "decision", ["evaluation"])
    op.create_index("ix_decision_at", "decision", ["at"])
    op.create_table(
        "card",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("joined", sa.JSON(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("client", "uuid", name="pk_card"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name="fk_card_decision", ondelete="CASCADE"),
    )
    op.create_index("ix_card_decision", "card", ["decision"])
    op.create_table(
        "suggestion",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("client", "uuid", name="pk_suggestion"),
        sa.ForeignKeyConstraint(
            ["client", "card"], ["card.client", "card.uuid"], name="fk_suggestion_card", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_suggestion_client_card", "suggestion", ["client", "card"])
    op.create_table(
        "feedback",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason_system", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        sa.Column("outcome_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("patient", sa.String(), nullable=True),
        sa.Column("episode", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("client", "card", name="pk_feedback"),
    )
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_index("ix_feedback_client_patient_episode", "feedback", ["client", "patient", "episode"])
    op.create_table(
        "used_token",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name="pk_used_token"),
    )
    op.create_index("ix_used_token_until", "used_token", ["until"])
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secret"),
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("secret", "used_token", "feedback", "suggestion", "card", "decision"):
        op.drop_table(table)
