"""Dated, cited payer policies: the parameters, the files that give their values, and the layers that apply."""
