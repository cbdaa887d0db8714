"""What people and programs see: tables, the JSON document, progress, the log."""
