"""JsonLogic with flagd's operations, compiled once into closures."""
