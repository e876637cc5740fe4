"""A search on a Ray cluster of KubeRay: submitted by one pod, handed out by a driver, run in parts.

    ray-submit (pod of the RayJob) -> ray-search (driver on the head) -> search (one a worker)

Each part is the program of an indexed Job's pod to the letter, so the trials lie in the store as
theirs do, and a run may be retried or resumed from them.
"""
