using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>How long a deleted pod's containers may still run.</summary>
internal static class GracePeriod
{
    /// <summary>The API's timestamps drop the fraction of a second.</summary>
    private static readonly TimeSpan s_resolution = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is left: the server sets the deletion timestamp to the end of the grace period, cut to a whole second, and a container
    /// must not lose that second.
    /// </summary>
    public static TimeSpan Left(ObjectMeta deleted, DateTimeOffset now)
    {
        var left = deleted.DeletionTimestamp!.Value + s_resolution - now;
        var longest = TimeSpan.FromSeconds(deleted.DeletionGracePeriodSeconds ?? 30);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < longest ? left : longest;
    }
}
