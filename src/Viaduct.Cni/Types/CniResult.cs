using System.Net;

namespace Viaduct.Cni.Types;

/// <summary>Result of an ADD, in the terms of CNI 1.1.0; <see cref="CniResultJson"/> has the shapes of the older versions.</summary>
public sealed record CniResult
{
    public IReadOnlyList<CniInterface> Interfaces { get; init; } = [];
    public IReadOnlyList<CniIp> Ips { get; init; } = [];
    public IReadOnlyList<CniRoute> Routes { get; init; } = [];
    public CniDns Dns { get; init; } = new();
}

/// <summary>An interface that was made; <paramref name="Sandbox"/> is the namespace's path, null on the host.</summary>
public sealed record CniInterface(string Name, string? Mac, string? Sandbox, int? Mtu = null);

/// <summary>An address; <paramref name="Interface"/> is an index into the result's interfaces.</summary>
public sealed record CniIp(IPAddress Address, int PrefixLength, IPAddress? Gateway, int? Interface = null);

/// <summary>A route in the container.</summary>
public sealed record CniRoute(IPNetwork Destination, IPAddress? Gateway = null);

/// <summary>DNS settings, passed on as they were configured.</summary>
public sealed record CniDns
{
    public IReadOnlyList<string> Nameservers { get; init; } = [];
    public string? Domain { get; init; }
    public IReadOnlyList<string> Search { get; init; } = [];
    public IReadOnlyList<string> Options { get; init; } = [];

    public bool IsEmpty => Nameservers.Count == 0 && Domain is null && Search.Count == 0 && Options.Count == 0;
}
