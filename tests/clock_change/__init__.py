"""A week over a change of the clocks, minute by minute: a script, what it must lead to, and the bundle that plays it."""
