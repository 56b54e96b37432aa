"""The W3C Reconciliation Service API 0.2, so that a table of captions is tagged in OpenRefine.

A caption is what is reconciled, and the values of a facet are the candidates: type = facet, id = the value's IRI, `match` =
whether the tag is automatic. The interface is that of the final report of the Entity Reconciliation Community Group
("Reconciliation Service API v0.2", 2023).
"""
