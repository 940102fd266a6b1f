"""What one can ask of a project, by step of its life; :class:`slipway.project.Project` is all of them together.

A method here is thin: it names what is asked, and imports what does it where it is asked, so that a command pays for
its own step only. The work is in a module of its own beside this folder.
"""
