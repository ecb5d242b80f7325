using System.Net;

namespace Viaduct.Addressing.Rules;

/// <summary>Rules where the network is one's own: a cluster of <c>viaduct up</c>, or machines in a data centre.</summary>
internal static class OwnNetworkRules
{
    public static PlanRule[] All { get; } = [new RangeRule("vpc-private", Sources.AckPlanning, [RangeKind.Vpc], PrivateRanges.ProblemOfVpc)];
}

/// <summary>RFC 1918 and RFC 4193.</summary>
internal static class PrivateRanges
{
    public static IReadOnlyList<IPNetwork> IPv4 { get; } = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16")];

    public static IPNetwork UniqueLocal { get; } = IPNetwork.Parse("fc00::/7");

    /// <summary>IPv6 addresses that a network may have of a provider.</summary>
    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");

    public static bool Contain(IPNetwork block) => IPv4.Any(p => p.Contains(block)) || UniqueLocal.Contains(block);

    public static string? ProblemOfVpc(PlanRange range) => range.Block.IsIPv6()
        ? UniqueLocal.Contains(range.Block) || s_global.Contains(range.Block) ? null : "must lie in fc00::/7 (private) or 2000::/3 (public)."
        : Contain(range.Block) ? null : "must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.";
}
