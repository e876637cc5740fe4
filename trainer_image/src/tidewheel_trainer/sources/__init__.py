"""Sources: one module for each kind, all behind the interface of `connector`."""
