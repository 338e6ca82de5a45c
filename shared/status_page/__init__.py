"""The public status page: what the operator declares, and the state of each component that follows."""
