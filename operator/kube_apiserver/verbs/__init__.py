"""What each verb does to the cluster's state and answers.

One module for a verb or a family of them. They raise `StatusError` for what the client did wrong and know aiohttp only
where a watch streams.
"""
