"""Policies for those who own them: values in force, the matrix, reviews."""
