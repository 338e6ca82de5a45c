"""The files of an operator, written from answers: opos.yaml, flags.yaml, .env and senders.md."""
