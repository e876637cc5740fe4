"""Tell people of one training run: from what was measured to a page and a summary. Pure."""
