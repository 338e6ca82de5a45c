def verify(config, flags, env):
    return []
