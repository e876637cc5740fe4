"""The only place that knows kopf: login, watches, start and stop."""
