namespace Viaduct.Kube.Manifests;

/// <summary>A manifest that cannot be read or applied; the message names the file and the place.</summary>
public sealed class ManifestException(string message, Exception? cause = null) : Exception(message, cause);
