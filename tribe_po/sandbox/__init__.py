"""Both APIs on loopback: stateful, in-memory peers for tests, the demo and the benchmark."""
