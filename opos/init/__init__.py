"""The first files of a new operator: opos.yaml, flags.yaml, the secrets and the setup steps for each sender."""
