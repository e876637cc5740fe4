"""The custom resources of group tidewheel.dev, as pydantic models, and their CRDs."""
