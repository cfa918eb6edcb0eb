"""Apps over the alerts of one Microsoft security product each, all made from one template.

`products.yaml` states what differs: names, the product's `serviceSource`, versions. `template/` holds the
rest: dashboards in a short form, searches, lookup table, tests. `expand.packages` makes packages of them,
which the catalog takes like those in folders.
"""
