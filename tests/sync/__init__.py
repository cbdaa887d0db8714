"""Tests of the pure decisions, and of the one place that writes."""
