"""The state file, its lock and the audit trail."""
