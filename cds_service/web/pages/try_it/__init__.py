"""The page on which a story is played: what the service would tell a therapist, and why."""
