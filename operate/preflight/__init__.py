"""Looks at a Docker engine before anything is changed there: what would a stack suffer from?"""
