"""The state file: what was seen and agreed, kept safe."""
