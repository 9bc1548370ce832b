"""What the product is measured against: the plainest programs that do the same."""

TOKEN = "bench"  # noqa: S105 - of the plain webhook
TABLE = """
CREATE TABLE bench_push (
    id bigserial PRIMARY KEY, key text NOT NULL, body text NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
)
"""
