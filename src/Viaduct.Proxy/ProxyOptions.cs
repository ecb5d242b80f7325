namespace Viaduct.Proxy;

/// <summary>What a proxy must know about its node.</summary>
public sealed record ProxyOptions
{
    /// <summary>The node's name, as pods carry it: endpoints on it are local.</summary>
    public required string NodeName { get; init; }
}
