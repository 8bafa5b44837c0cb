"""What an instance knows about itself."""

from __future__ import annotations
