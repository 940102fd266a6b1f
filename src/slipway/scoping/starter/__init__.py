"""The files that ``slipway init`` copies into an empty folder: a project that runs as it is.

They are files of this package so that they are checked, formatted and tested like everything else.
"""
