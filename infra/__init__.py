"""What the cloud needs, declared: the program that `pulumi up` runs. docs/infrastructure.md says how."""
