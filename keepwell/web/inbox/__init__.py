"""The one door for every fact: collector, webhooks, uploads."""
