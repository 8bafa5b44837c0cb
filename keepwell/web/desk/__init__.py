"""The pages of the staff; they read everything below and write nothing but their own views of it."""
