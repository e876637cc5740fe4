"""Checks: what cleaned rows must be like, and what changed between two snapshots."""
