"""Many signed webhooks against a bundle that is killed again and again: nothing accepted may be lost or done twice.

Run by tests/e2e/test_torture.py in a short form; by hand for the whole, on either backend:
`python -m tests.torture --backend emulators --webhooks 10000 --kills 200`, and `python -m tests.torture.storm` and
`python -m tests.torture.digests`.
Traffic goes to loopback only, everything ends by itself, and only processes started here are killed.
"""
