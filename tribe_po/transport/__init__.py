"""HTTP for both systems: connection, token, pace."""
