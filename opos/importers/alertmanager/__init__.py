"""An alertmanager.yml becomes sections of opos.yaml."""
