"""Machinery below the rules: API access, cache, work queue, metrics. It decides nothing."""
