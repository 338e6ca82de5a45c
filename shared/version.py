"""The version of opos. In the deployed image it is not installed as a package, so the number stands in the code."""

VERSION = "0.1.0"
