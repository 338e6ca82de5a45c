"""The resources of the bundle on Google Cloud: the program that `pulumi up` runs. See docs/infrastructure.md."""
