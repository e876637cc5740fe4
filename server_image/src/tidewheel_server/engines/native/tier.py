"""The native engine as a kind of engine to the rest of the server."""

from tidewheel_contracts.api.v1alpha1.serving_engine import EngineKind
from tidewheel_server.engines.tier import Candidate, ModelFiles, Tier, Unable

__all__ = ["NATIVE"]


def _build(files: ModelFiles) -> Candidate | Unable:
    # Imported here: an image may lack the extension.
    try:
        from tidewheel_server.engines.native.engine import native_engine
    except ImportError as error:
        return Unable(f"the image has no native engine: {error}")
    from tidewheel_server.engines.native.unsupported import UnsupportedError

    try:
        return native_engine(files)
    except UnsupportedError as error:
        return Unable(str(error))


NATIVE = Tier(EngineKind.NATIVE.lower(), _build)
