"""Search: plan the trials of a run, share them among pods, and take the best one."""
