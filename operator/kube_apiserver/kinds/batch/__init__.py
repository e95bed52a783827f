"""The kinds of the group ``batch``."""

from kube_apiserver.kinds.batch import cron_jobs, jobs

STRATEGIES = (*cron_jobs.STRATEGIES, *jobs.STRATEGIES)
