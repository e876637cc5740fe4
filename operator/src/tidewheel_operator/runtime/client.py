"""The API client: credentials of the pod it runs in, or of a kubeconfig."""

from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

__all__ = ["make_client"]

_TOKEN_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_CONNECTIONS = 32


def _is_in_pod() -> bool:
    return _TOKEN_FILE.exists()


async def make_client(replica: str) -> ApiClient:
    """Return a client; a service-account token is read again before it expires.

    The audit log of the API server shows which replica made a request.
    """
    configuration = Configuration()
    if _is_in_pod():
        config.load_incluster_config(client_configuration=configuration)
    else:
        await config.load_kube_config(client_configuration=configuration)
    configuration.connection_pool_maxsize = _CONNECTIONS
    # Otherwise every request looks for a ~/.netrc first; a proxy is in the configuration already.
    configuration.client_session_kwargs = {"trust_env": False}
    client = ApiClient(configuration)
    client.user_agent = f"tidewheel-operator ({replica})"
    return client
