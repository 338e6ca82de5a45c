"""Workflows: the Open Workflow Specification, serverless profile, loaded and checked."""
