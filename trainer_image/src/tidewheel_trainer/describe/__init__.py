"""Describe a snapshot for people: its profile, and a page of HTML."""
