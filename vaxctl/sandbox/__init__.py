"""A model of both vendors' APIs, kept in one SQLite file: the default playground, and the test bed.

Lives here: the store, each vendor's endpoints as documented, faults on demand, the ASGI app, the seed.
Enters: errors, vendors.retell.limits, vendors.vapi.limits; sqlite3 and uvicorn inside functions.
Never: a vendor's account, a real key, plan, report, cli; printing; any claim to be the vendor.
"""
