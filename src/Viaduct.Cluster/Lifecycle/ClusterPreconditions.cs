using Viaduct.Cluster.Model;
using Viaduct.Linux.Features;

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
            CheckUserNamespaces();
    }

    /// <summary>Whether an ordinary user can be root of a user namespace.</summary>
    /// <exception cref="ClusterException">Not here; says what to do.</exception>
    public static void CheckUserNamespaces() => Require(KernelFeature.ProbeUserNamespaces());

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
