"""All that an environment may say: each setting with its default, format and meaning.

It imports nothing of the rest of the program, and pulumi in `pulumi_config` alone.
"""
