using Viaduct.Cluster.Model;
using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>What must hold before anything is made: the plan is sound, and the kernel has what a cluster needs.</summary>
public static class ClusterPreconditions
{
    /// <summary>Checks what the starter can tell.</summary>
    /// <exception cref="ClusterException">Names the first thing that does not hold, and what to do.</exception>
    public static void Check(ClusterSpec spec)
    {
        if (spec.ToPlan().Validate() is [var finding, ..])
            throw new ClusterException(finding.ToString());
        if (!Environment.IsPrivilegedProcess)
            Require(KernelFeature.ProbeUserNamespaces());
    }

    /// <summary>Tries the kernel's features, from inside of the cluster's own namespaces.</summary>
    /// <exception cref="ClusterException">Names the missing feature, and what to do.</exception>
    public static void CheckKernel()
    {
        foreach (var feature in KernelFeature.ProbeAll())
            Require(feature);
    }

    /// <summary>Tries what the proxy mode needs, in a network namespace that is gone afterwards.</summary>
    /// <exception cref="ProxyModeException">Names what is missing, and what to do.</exception>
    public static void CheckProxyMode(ProxyMode mode)
    {
        using var trial = NetNamespace.Create();
        trial.Run(() => ModeRequirements.Require(mode, [new BackendOptions { Family = IPFamily.IPv4 }]));
    }

    private static void Require(KernelFeature feature)
    {
        if (!feature.Available)
            throw new ClusterException($"This machine lacks {feature.Name}, needed for {feature.Purpose}: {feature.Reason}");
    }
}
