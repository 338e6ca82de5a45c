class FlagSet: pass
def load_flags(path): return FlagSet()
