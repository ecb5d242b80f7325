using System.Net.Sockets;
using Viaduct.Cluster.Model;
using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network.Routing;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>What must hold before anything is made: the plan is sound, and the kernel has what a cluster needs.</summary>
public static class ClusterPreconditions
{
    /// <summary>Checks what the starter can tell.</summary>
    /// <exception cref="ClusterException">Names what is wrong with the plan, or the first thing that is missing, and what to do.</exception>
    public static void Check(ClusterSpec spec)
    {
        if (spec.ToPlan().Validate() is { Count: > 0 } findings)
            throw new ClusterException(string.Join('\n', findings));
        CheckFamilies(spec);
        _ = spec.RouteBackend;
        if (!Environment.IsPrivilegedProcess)
            CheckUserNamespaces();
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

    /// <summary>Tries the kernel's features, from inside of the cluster's own namespaces.</summary>
    /// <exception cref="ClusterException">Names the missing feature, and what to do.</exception>
    public static void CheckKernel(ClusterSpec spec)
    {
        foreach (var feature in KernelFeature.ProbeAll())
            Require(feature);
        if (spec.RouteBackend.HasTunnel())
            Require(KernelFeature.ProbeVxlan());
        if (spec.IpFamily != "ipv4" && !Socket.OSSupportsIPv6)
            throw new ClusterException($"This machine's kernel has no IPv6, which ipFamily {spec.IpFamily} needs; boot it without ipv6.disable=1, or take ipv4.");
    }

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
            throw new ClusterException($"This machine lacks {feature.Name}, needed for {feature.Purpose}: {feature.Reason}");
    }
}
