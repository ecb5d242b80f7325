using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// What the kernel's table contains, as far as the planner needs it: the slots of every frontend, and how many frontends or
/// slots need each shared element. Immutable.
/// </summary>
internal sealed record InstalledState
{
    public static InstalledState Empty { get; } = new();

    public ImmutableDictionary<Frontend, InstalledFrontend> Frontends { get; init; } = ImmutableDictionary<Frontend, InstalledFrontend>.Empty;

    /// <summary>Frontends on each cluster IP.</summary>
    public ImmutableDictionary<IPAddress, int> ClusterIPs { get; init; } = ImmutableDictionary<IPAddress, int>.Empty;

    /// <summary>Slots that lead to each address.</summary>
    public ImmutableDictionary<IPAddress, int> Targets { get; init; } = ImmutableDictionary<IPAddress, int>.Empty;

    /// <summary>Frontends that use each fan-out chain.</summary>
    public ImmutableDictionary<FanOut, int> FanOuts { get; init; } = ImmutableDictionary<FanOut, int>.Empty;
}

/// <summary>A frontend in the table.</summary>
/// <param name="Owner">The Service port it belongs to, written beside it as a comment.</param>
/// <param name="Slots">Its endpoints by slot; a connection takes a random slot. Without any, connections are refused.</param>
internal sealed record InstalledFrontend(string Owner, ImmutableArray<EndpointAddress> Slots);
