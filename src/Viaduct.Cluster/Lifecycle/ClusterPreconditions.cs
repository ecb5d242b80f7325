using Viaduct.Cluster.Model;
using Viaduct.Linux.Features;

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

    private static void Require(KernelFeature feature)
    {
        if (!feature.Available)
            throw new ClusterException($"This machine lacks {feature.Name}, needed for {feature.Purpose}: {feature.Reason}");
    }
}
