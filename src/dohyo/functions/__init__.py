"""The table of scalar functions: one row each with types, null rule, SQL, reference implementation, help,
example.

Owns what a function means, in both engines side by side. A function is one row in one file of this folder;
the rows are found by importing the folder, so there is no second list.
"""
