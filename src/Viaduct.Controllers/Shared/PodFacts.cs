using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Shared;

/// <summary>What the controllers ask about a pod.</summary>
public static class PodFacts
{
    public static bool IsTerminating(this Pod pod) => pod.Metadata.DeletionTimestamp is not null;

    /// <summary>All of its containers ended for good.</summary>
    public static bool IsFinished(this Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>Counts as one of its owner's replicas.</summary>
    public static bool IsActive(this Pod pod) => !pod.IsTerminating() && !pod.IsFinished();

    /// <summary>When the pod became ready; null when it is not.</summary>
    public static DateTimeOffset? ReadySince(this Pod pod) =>
        pod.IsReady() ? pod.Status!.Conditions!.First(c => c.Type == "Ready").LastTransitionTime ?? DateTimeOffset.MinValue : null;

    /// <summary>Ready for at least so long.</summary>
    public static bool IsAvailable(this Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.ReadySince() is { } since && (minReadySeconds <= 0 || now - since >= TimeSpan.FromSeconds(minReadySeconds));
}
