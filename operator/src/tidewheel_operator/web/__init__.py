"""HTTP endpoints of the operator: health, metrics, alerts, reports of progress."""
