"""Tests of the transport, against a real server on loopback."""
