using System.Net.Sockets;
using Viaduct.Cluster.Model;
using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>What must hold before anything is made: the plan is sound, and the kernel has what a cluster needs.</summary>
public static class ClusterPreconditions
{
    // Linux's names of links have at most 15 letters (IFNAMSIZ), and the router's bridge of a zone is called vsw-ZONE.
    private const int LongestZone = 11;

    /// <summary>Checks what the starter can tell.</summary>
    /// <exception cref="ClusterException">Names what is wrong with the plan, or the first thing that is missing, and what to do.</exception>
    public static void Check(ClusterSpec spec)
    {
        CheckSpec(spec);
        if (!Environment.IsPrivilegedProcess)
            CheckUserNamespaces();
    }

    /// <summary>Checks the description alone; pure.</summary>
    /// <exception cref="ClusterException">Names the field, what is wrong and what to do.</exception>
    public static void CheckSpec(ClusterSpec spec)
    {
        if (spec.ToPlan().Validate() is { Count: > 0 } findings)
            throw new ClusterException(string.Join('\n', findings));
        CheckFamilies(spec);
        CheckZones(spec);
        _ = spec.RouteBackend;
        _ = spec.ToNonMasqueradeCidrs();
        if (spec.Vxlan.Vni is < 1 or >= 1 << 24)
            throw new ClusterException($"vxlan.vni: {spec.Vxlan.Vni} must be between 1 and {(1 << 24) - 1}.");
        if (spec.Vxlan.Port is < 1 or > ushort.MaxValue)
            throw new ClusterException($"vxlan.port: {spec.Vxlan.Port} must be between 1 and {ushort.MaxValue}.");
    }

    /// <summary>Whether an ordinary user can be root of a user namespace.</summary>
    /// <exception cref="ClusterException">Not here; says what to do.</exception>
    public static void CheckUserNamespaces() => Require(KernelFeature.ProbeUserNamespaces());

    private static void CheckFamilies(ClusterSpec spec)
    {
        var plan = spec.ToPlan();
        var ranges = plan.VSwitches.Select((v, i) => ($"vSwitches[{i}].cidr", v.Cidr)).Prepend(("serviceCidr", plan.ServiceCidr)).Prepend(("podCidr", plan.PodCidr)).Prepend(("vpc", plan.Vpc));
        foreach (var (field, given) in ranges)
        {
            var family = given.IsDualStack ? "dual" : given.IPv6 is not null ? "ipv6" : "ipv4";
            if (family != spec.IpFamily)
                throw new ClusterException($"{field}: {given} is {family}, but ipFamily is {spec.IpFamily}; give one range of each IP family that the cluster has.");
        }
    }

    private static void CheckZones(ClusterSpec spec)
    {
        if (spec.VSwitches.GroupBy(v => v.Zone, StringComparer.Ordinal).FirstOrDefault(z => z.Count() > 1) is { } twice)
            throw new ClusterException($"zone {twice.Key}: it has {twice.Count()} vSwitches, {string.Join(" and ", twice.Select(v => v.Cidr))}; a cluster has one in each zone, so give the zones different names.");
        if (spec.VSwitches.FirstOrDefault(v => v.Zone.Length > LongestZone || !v.Zone.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')) is { } strange)
            throw new ClusterException($"zone \"{strange.Zone}\" is not usable: take at most {LongestZone} lower-case letters, digits and '-'.");
    }

    /// <summary>Tries the kernel's features, from inside of the cluster's own namespaces.</summary>
    /// <exception cref="ClusterException">Names the missing feature, and what to do.</exception>
    public static void CheckKernel(ClusterSpec spec)
    {
        foreach (var feature in KernelFeature.ProbeAll())
            Require(feature);
        if (NeedsNftables(spec))
            Require(KernelFeature.ProbeNftablesNat());
        if (spec.RouteBackend.HasTunnel())
            Require(KernelFeature.ProbeVxlan());
        if (spec.IpFamily != "ipv4" && !Socket.OSSupportsIPv6)
            throw new ClusterException($"This machine's kernel has no IPv6, which ipFamily {spec.IpFamily} needs; boot it without ipv6.disable=1, or take ipv4.");
    }

    /// <summary>Whether its rules, for Services or for what pods send out of the cluster, are in tables of nftables; pure.</summary>
    public static bool NeedsNftables(ClusterSpec spec) =>
        spec.ProxyMode is ProxyMode.Nftables or ProxyMode.Userspace || Families(spec).Any(f => !DirectNetworks.AreAllOf(f.ToAddressFamily(), spec.ToNonMasqueradeCidrs()));

    /// <summary>Tries what the proxy mode needs in the cluster's families, in a network namespace that is gone afterwards.</summary>
    /// <exception cref="ProxyModeException">Names what is missing, and what to do.</exception>
    public static void CheckProxyMode(ClusterSpec spec)
    {
        using var trial = NetNamespace.Create();
        trial.Run(() => ModeRequirements.Require(spec.ProxyMode, Families(spec).Select(f => new BackendOptions { Family = f })));
    }

    private static IPFamily[] Families(ClusterSpec spec) => spec.IpFamily switch
    {
        "ipv4" => [IPFamily.IPv4],
        "ipv6" => [IPFamily.IPv6],
        _ => [IPFamily.IPv4, IPFamily.IPv6],
    };

    private static void Require(KernelFeature feature)
    {
        if (!feature.Available)
            throw new ClusterException(feature.Refusal);
    }
}
