"""Every label and annotation key of Tidewheel, each with its meaning; declared nowhere else."""

__all__ = [
    "CAUSE",
    "COALESCED",
    "DATASET",
    "DEPLOYMENT",
    "FINGERPRINT",
    "GENERATION",
    "MANAGED_BY",
    "MANAGER",
    "MANIFEST_HASH",
    "MODEL",
    "NEWS",
    "OWNER_KIND",
    "PIPELINE",
    "QUEUE",
    "QUEUE_PRIORITY",
    "RAY_JOB",
    "REQUEST",
    "ROUND",
    "RUN",
    "SNAPSHOT",
    "VERSION",
]

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "tidewheel"

# Labels: what a selector or a person filters by.
OWNER_KIND = "tidewheel.dev/owner-kind"  # kind of the object that the child belongs to
DATASET = "tidewheel.dev/dataset"  # name of the Dataset
PIPELINE = "tidewheel.dev/pipeline"  # name of the ModelPipeline that opened the run
MODEL = "tidewheel.dev/model"  # name of the model
RUN = "tidewheel.dev/run"  # name of the TrainingRun
DEPLOYMENT = "tidewheel.dev/deployment"  # name of the ModelDeployment that the pod serves
VERSION = "tidewheel.dev/version"  # number of the ModelVersion
RAY_JOB = "tidewheel.dev/ray-job"  # name of the RayJob that a pod of a Ray cluster works for
CAUSE = "tidewheel.dev/cause"  # why a run was opened: Initial, NewData, Alert, Demand

# Labels of Kueue's own, on a Job that waits in one of its queues.
QUEUE = "kueue.x-k8s.io/queue-name"  # name of the LocalQueue
QUEUE_PRIORITY = "kueue.x-k8s.io/priority-class"  # name of the WorkloadPriorityClass

# Annotations: facts that a create-once child carries for whoever reads it after a crash.
COALESCED = "tidewheel.dev/coalesced-alerts"  # how many alerts met the run while it was queued
NEWS = "tidewheel.dev/news"  # on a Dataset's Job: its source changed while the Job was at work
REQUEST = "tidewheel.dev/request"  # the program's request as JSON, projected as a file
ROUND = "tidewheel.dev/round"  # which collection of a Dataset, or attempt of a run, the Job is
GENERATION = "tidewheel.dev/generation"  # generation of the owner's spec that the child was made of
SNAPSHOT = "tidewheel.dev/snapshot"  # digest of the snapshot that the Job reads
FINGERPRINT = "tidewheel.dev/fingerprint"  # what makes two causes the same cause
MANIFEST_HASH = "tidewheel.dev/manifest-hash"  # hash of the manifest as we applied it last
