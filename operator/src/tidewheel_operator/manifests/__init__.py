"""Pure builders, one file a produced object: from a parent to the object that Kubernetes gets."""
