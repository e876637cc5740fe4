"""The Tidewheel operator: it turns declared loops into Jobs, versions and serving Deployments."""
