"""The demo: a bundle of its own, real signed webhooks over HTTP, and the story of what became of them."""
