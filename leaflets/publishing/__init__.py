"""Everything that writes leaflets: loading, editions, drafts, share links, export.

Nothing outside this package writes editions, sections or citations.
"""
