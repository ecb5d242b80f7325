using Viaduct.Cluster.Model;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>What must hold before anything is made: the plan is sound, and the kernel has what a cluster needs.</summary>
public static class ClusterPreconditions
{
    /// <exception cref="ClusterException">Names the first thing that does not hold, and what to do.</exception>
    public static void Check(ClusterSpec spec)
    {
        if (spec.ToPlan().Validate() is [var finding, ..])
            throw new ClusterException(finding.ToString());
        CheckKernel();
    }

    private static void CheckKernel()
    {
    }
}
