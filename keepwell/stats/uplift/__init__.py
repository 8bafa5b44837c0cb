"""What an action changes, person by person: numbers in, numbers out."""
