"""The service for programs: captions tagged and explained, and feedback taken, over HTTP.

It is a second router beside the desk's, behind the same guard: `mlcap.service.api` is mlcap's own interface,
`mlcap.service.annif` that of Annif, and `mlcap.service.reconciliation` that of the W3C Reconciliation API.
"""
