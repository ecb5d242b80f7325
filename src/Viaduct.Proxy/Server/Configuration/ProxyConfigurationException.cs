namespace Viaduct.Proxy.Server.Configuration;

/// <summary>A configuration or flag that cannot be used; the message is a sentence for people.</summary>
public sealed class ProxyConfigurationException(string message, Exception? cause = null) : Exception(message, cause);
