using System.Net;

namespace Viaduct.Proxy;

/// <summary>What a proxy must know about its node.</summary>
public sealed record ProxyOptions
{
    /// <summary>The node's name, as pods carry it: endpoints on it are local.</summary>
    public required string NodeName { get; init; }

    /// <summary>The node's primary address of each family that it has one of.</summary>
    public IReadOnlyList<IPAddress> NodeAddresses { get; init; } = [];

    /// <summary>The pause between the end of one application and the begin of the next; 0 applies every change at once.</summary>
    public TimeSpan MinSyncPeriod { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
