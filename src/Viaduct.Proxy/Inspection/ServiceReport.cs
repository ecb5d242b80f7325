using System.Text.Json.Serialization;
using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Inspection;

/// <summary>What one node's proxy wants of a Service, and what the kernel has of it.</summary>
public sealed record ServiceReport
{
    public required string Node { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>How the proxy serves, as --proxy-mode.</summary>
    public string Mode { get; init; } = ProxyModeNames.Default.Name();

    /// <summary>Whether the proxy serves such a Service.</summary>
    public bool IsFound => Ports.Count > 0;

    /// <summary>Whether the kernel has what the proxy wants, in every family; null when the kernel's side cannot be shown.</summary>
    public bool? IsEqual => !IsFound ? false : IsKernelShown ? Ports.All(p => p.IsEqual) : null;

    /// <summary>Whether the reports have the kernel's side.</summary>
    public bool IsKernelShown => Ports.All(p => p.Items is not null || p.Frontends.All(f => f.Kernel is not null));

    /// <summary>Whether looking again shows nothing else unless something changes.</summary>
    internal bool IsSettled => !IsFound || IsEqual != false;

    /// <summary>The Service with the most similar name, as <c>NAMESPACE/NAME</c>, if this one is not found.</summary>
    public string? Nearest { get; init; }

    /// <summary>Since when the oldest change waits that the kernel does not have; null when it has all.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    public IReadOnlyList<ServicePortReport> Ports { get; init; } = [];
}

/// <summary>A port of the Service in one family.</summary>
public sealed record ServicePortReport
{
    /// <summary><c>NAMESPACE/NAME:PORT</c>, which is also what the kernel's elements are named after.</summary>
    public required string Name { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public required string Family { get; init; }

    /// <summary>Cluster or Local.</summary>
    public required string InternalTrafficPolicy { get; init; }

    /// <summary>Cluster or Local.</summary>
    public required string ExternalTrafficPolicy { get; init; }

    /// <summary>For how long a client comes to the same endpoint; 0 is no affinity.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>Who may use the load balancer's addresses; empty is everybody.</summary>
    public IReadOnlyList<string> SourceRanges { get; init; } = [];

    public IReadOnlyList<FrontendReport> Frontends { get; init; } = [];

    /// <summary>What both sides have of the port, in the words of the mode. Null in nftables mode, where each frontend says it.</summary>
    public IReadOnlyList<KernelItem>? Items { get; init; }

    internal bool IsEqual => Frontends.All(f => f.Differences.Count == 0) && Items?.All(i => i.IsEqual) != false;
}

/// <summary>Something that clients connect to.</summary>
public sealed record FrontendReport
{
    /// <summary>As <c>10.96.0.1:443/tcp</c> or <c>node port 30080/tcp</c>.</summary>
    public required string Frontend { get; init; }

    /// <summary>ClusterIP, ExternalIP, LoadBalancerIP or NodePort.</summary>
    public required string Role { get; init; }

    /// <summary>The Service port that has this frontend instead, because its name comes first.</summary>
    public string? TakenBy { get; init; }

    public required FrontendView Proxy { get; init; }

    /// <summary>Null when it cannot be read back.</summary>
    public FrontendView? Kernel { get; init; }

    /// <summary>What the kernel counted; null without a verdict that counts.</summary>
    public TrafficCount? Traffic { get; init; }

    /// <summary>The same of clients from elsewhere under externalTrafficPolicy Local.</summary>
    public TrafficCount? OffNodeTraffic { get; init; }

    /// <summary>How many clients the kernel keeps at their endpoints, by whichever address they came; null without session affinity.</summary>
    public int? AffinityClients { get; init; }

    /// <summary>A sentence for each thing that the kernel has otherwise; none when it is as it should be.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];
}

/// <summary>First packets of connections since the number of endpoints changed last.</summary>
public sealed record TrafficCount(ulong Packets, ulong Bytes);

/// <summary>A frontend as one of the two sides has it.</summary>
public sealed record FrontendView
{
    /// <summary>The Service port; null when connections are refused.</summary>
    public string? Owner { get; init; }

    /// <summary>As nft writes it; null means that connections are refused.</summary>
    public string? Verdict { get; init; }

    /// <summary>For clients from elsewhere under externalTrafficPolicy Local.</summary>
    public string? OffNodeVerdict { get; init; }

    /// <summary>The kernel's by slot, in which null is a hole; the proxy's in order.</summary>
    public IReadOnlyList<string?> Endpoints { get; init; } = [];

    /// <summary>Those of policy Local, for clients from elsewhere.</summary>
    public IReadOnlyList<string?> LocalEndpoints { get; init; } = [];

    /// <summary>Names of the sets that it is in.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>Who may use it; empty is everybody.</summary>
    public IReadOnlyList<string> SourceRanges { get; init; } = [];

    /// <summary>Endpoints that get an answer when they reach themselves: those that may run on this node.</summary>
    public IReadOnlyList<string> Hairpins { get; init; } = [];

    /// <summary>Endpoints that clients with session affinity may stay with.</summary>
    public IReadOnlyList<string> AffinityEndpoints { get; init; } = [];

    /// <summary>The same for clients from elsewhere under externalTrafficPolicy Local.</summary>
    public IReadOnlyList<string> LocalAffinityEndpoints { get; init; } = [];
}

/// <summary>JSON of reports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ServiceReport))]
public sealed partial class ServiceReportJson : JsonSerializerContext;
