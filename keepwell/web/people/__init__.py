"""Customers: identities, traits, consent, erasure."""
