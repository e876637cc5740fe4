"""The egress guard: which addresses a program may connect to for a URL that a user gave."""
