"""Pure rules, one module a kind: what is observed and the time give a decision."""
