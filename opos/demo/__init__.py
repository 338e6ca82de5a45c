"""The demo: a bundle with its own data, real signed webhooks over HTTP, and the story of what follows."""
