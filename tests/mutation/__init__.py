"""`make mutation`: small faults put into the rules of access one at a time, to see that some test notices each.

`python.py` and `sql.py` make the faults, `patching.py` puts one into the running modules, `runs.py` asks the tests that
reach it, in a fork of a process that has everything loaded, and `report.py` writes docs/mutation.md.
"""
