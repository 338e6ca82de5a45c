"""Deploys a commit and moves the traffic to it, or rolls back."""
