"""The first files of a new operator: opos.yaml, flags.yaml, secrets, and what to set up on each sender's side."""
