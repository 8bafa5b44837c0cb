"""Whom an action moves, and by how much: from past campaigns with a control group, or, discounted, without one."""
