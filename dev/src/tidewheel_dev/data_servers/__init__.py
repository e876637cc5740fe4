"""Servers that data comes from, built or downloaded once for tests."""
