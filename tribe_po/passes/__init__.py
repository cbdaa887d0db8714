"""One file a pass: what it is there for. `session` opens what a pass needs, `run` makes it."""
