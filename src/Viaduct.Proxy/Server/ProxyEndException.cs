namespace Viaduct.Proxy.Server;

/// <summary>A reason for which the proxy ends by itself, to be started anew; a sentence for people.</summary>
public sealed class ProxyEndException(string message) : Exception(message);
