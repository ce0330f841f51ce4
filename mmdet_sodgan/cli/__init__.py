"""The command ``sodgan``: one module a subcommand."""
