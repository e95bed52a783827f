"""Filling in what an object leaves out."""
