namespace Viaduct.Proxy.Switching;

/// <summary>A mode cannot serve here, or could not take over; the message is a sentence for people.</summary>
public sealed class ProxyModeException(string message, Exception? cause = null) : Exception(message, cause);
