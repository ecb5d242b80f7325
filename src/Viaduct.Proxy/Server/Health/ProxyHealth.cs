using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Configuration;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server.Health;

/// <summary>
/// Whether the proxy keeps up and whether its node should get traffic. A family is stale when a change waits for longer than a
/// time-out; the node is not eligible when it is about to go.
/// </summary>
/// <param name="families">Those that are served.</param>
/// <param name="timeout">For how long a change may wait.</param>
/// <param name="time">The clock.</param>
internal sealed class ProxyHealth(IEnumerable<IPFamily> families, TimeSpan timeout, TimeProvider time)
{
    private const string ToBeDeletedTaint = "ToBeDeletedByClusterAutoscaler";

    private readonly Lock gate = new();
    private readonly Dictionary<IPFamily, DateTimeOffset?> lastUpdated = families.ToDictionary(f => f, _ => (DateTimeOffset?)null);
    private bool nodeEligible = true;

    /// <summary>With kube-proxy's time-out: twice the period after which it tries a failed application again.</summary>
    public static ProxyHealth For(ProxyConfiguration configuration, IEnumerable<IPFamily> families, TimeProvider time) => new(families, configuration.SyncPeriod * 2, time);

    /// <summary>Tells since when a family's oldest change waits, or null; nothing waits before this is set.</summary>
    public Func<IPFamily, DateTimeOffset?> WaitingSince { get; set; } = _ => null;

    /// <summary>A family's changes reached the kernel.</summary>
    public void Applied(IPFamily family)
    {
        lock (gate)
            lastUpdated[family] = time.GetUtcNow();
    }

    /// <summary>A node that is gone, being deleted or tainted by the autoscaler should get no new connections.</summary>
    public void NodeChanged(KubeNode? node)
    {
        lock (gate)
        {
            nodeEligible = node is { Metadata.DeletionTimestamp: null }
                && node.Spec?.Taints?.Any(t => t.Key == ToBeDeletedTaint) != true;
        }
    }

    public ProxyHealthReport Report()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            return new ProxyHealthReport(
                now,
                lastUpdated.Values.Max(),
                nodeEligible,
                lastUpdated.ToDictionary(f => f.Key, f => new FamilyHealth(f.Value, WaitingSince(f.Key) is not { } since || now - since < timeout)));
        }
    }
}

/// <summary>What <c>/healthz</c> and <c>/livez</c> tell.</summary>
internal sealed record ProxyHealthReport(
    DateTimeOffset Now, DateTimeOffset? LastUpdated, bool NodeEligible, IReadOnlyDictionary<IPFamily, FamilyHealth> Families)
{
    public bool IsHealthy => Families.Values.All(f => f.IsHealthy);
}

internal readonly record struct FamilyHealth(DateTimeOffset? LastUpdated, bool IsHealthy);
