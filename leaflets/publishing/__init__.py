"""Writing of leaflets: editions, drafts, share links, loading from and exporting to a content folder.

No code outside this package writes editions, sections or citations.
"""
