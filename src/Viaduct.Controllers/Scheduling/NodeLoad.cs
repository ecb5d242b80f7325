using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Scheduling;

/// <summary>
/// How many pods each node has: those that the API shows there, and those just bound that it does not show yet.
/// Safe for the informer's and the scheduler's thread.
/// </summary>
internal sealed class NodeLoad
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _assumed = new(StringComparer.Ordinal);

    public int CountOn(string node)
    {
        lock (_lock)
            return _counts.GetValueOrDefault(node);
    }

    public bool IsAssumed(Pod pod)
    {
        lock (_lock)
            return _assumed.ContainsKey(Uid(pod));
    }

    /// <summary>Counts a pod on a node before the API shows it there.</summary>
    public void Assume(Pod pod, string node)
    {
        lock (_lock)
        {
            _assumed[Uid(pod)] = node;
            Count(node, 1);
        }
    }

    /// <summary>The binding failed.</summary>
    public void Forget(Pod pod)
    {
        lock (_lock)
        {
            if (_assumed.Remove(Uid(pod), out var node))
                Count(node, -1);
        }
    }

    /// <summary>Follows a change that the API shows; true when a place became free.</summary>
    public bool Observe(Pod? old, Pod? current)
    {
        lock (_lock)
        {
            var (before, after) = (NodeOf(old), NodeOf(current));
            if ((current is null || after is not null) && _assumed.Remove(Uid((current ?? old)!), out var assumed))
                Count(assumed, -1);
            if (before is not null)
                Count(before, -1);
            if (after is not null)
                Count(after, 1);
            return before is not null && after is null;
        }
    }

    private static string Uid(Pod pod) => pod.Metadata.Uid ?? "";

    /// <summary>A terminating pod holds its place until it is gone.</summary>
    private static string? NodeOf(Pod? pod) => pod?.Spec?.NodeName is { Length: > 0 } node && !pod.IsFinished() ? node : null;

    private void Count(string node, int change) => _counts[node] = _counts.GetValueOrDefault(node) + change;
}
