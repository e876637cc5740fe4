"""What trainer and server share: parts of fitted models, and whose signature counts.

Nobody else imports it.
"""
