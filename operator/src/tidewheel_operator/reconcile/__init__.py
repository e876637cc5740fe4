"""The shell: observe from the cache, decide by a policy, apply the decision. No rules."""
