def read_secret(name, env):
    return env.get(name)
